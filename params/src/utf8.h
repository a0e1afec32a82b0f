#pragma once

#include <cstddef>
#include <string_view>

namespace thexp {

/// Where the first byte stands that is no UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// Where the first character stands that YAML does not allow unescaped: a
/// control character other than tab and line breaks; or npos.
std::size_t find_control_character(std::string_view text);

}  // namespace thexp
