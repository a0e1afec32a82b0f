#pragma once

#include <string>
#include <string_view>

namespace thexp {

// The hunks of a unified diff with three lines of context; "" for equal texts.
// As short as can be (Myers 1986, "An O(ND) difference algorithm"), up to two
// thousand changed lines; beyond, whole stretches count as replaced.
std::string unified_hunks(std::string_view old_text, std::string_view new_text);

}  // namespace thexp
