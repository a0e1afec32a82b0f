#pragma once

#include <string_view>

namespace thexp {

/// Well-formed UTF-8 (Unicode 15, table 3-7), so that Python can read it.
bool is_utf8(std::string_view text);

}  // namespace thexp
