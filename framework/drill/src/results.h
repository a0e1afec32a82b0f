#pragma once

#include <string>
#include <vector>

#include "thexp/drill/drill.h"

namespace thexp::detail {

// What an exercise finds; its name and time are added later.
DrillResult pass(std::string reason);
DrillResult warn(std::string reason, std::string hint = "");
DrillResult skip(std::string reason);
DrillResult fail(std::string reason, std::string hint = "");
DrillResult timeout(std::string reason);

/// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names);

}  // namespace thexp::detail
