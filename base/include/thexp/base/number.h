#pragma once

#include <string_view>

namespace thexp {

/// Whether a decimal number is written with zeros alone ("-0.0e7"). One that
/// is not, and reads as 0 all the same ("1e-400"), is too small for a double.
inline bool is_zero_written(std::string_view number) {
  std::string_view digits = number.substr(0, number.find_first_of("eE"));
  return digits.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace thexp
