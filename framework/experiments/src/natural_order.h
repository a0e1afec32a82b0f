#pragma once

#include <string_view>

namespace thexp {

// As people order texts: "v9" comes before "v10". -1, 0 or 1; 0 only for equal
// texts.
int natural_order(std::string_view a, std::string_view b);

}  // namespace thexp
