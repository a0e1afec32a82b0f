#pragma once

#include <string>
#include <vector>

namespace thexp::detail {

/// A drill in processes of this program, shown on the terminal as it goes.
/// Returns whether it passed.
bool drill_program(double seconds, const std::vector<std::string>& argv);

}  // namespace thexp::detail
