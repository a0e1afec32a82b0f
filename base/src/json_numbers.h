#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace thexp::detail {

/// Numbers of a JSON text that are not finite: which number each is, counted
/// from 0, and its value.
using NonFinite = std::vector<std::pair<std::size_t, double>>;

/// A JSON text whose words NaN, Infinity and -Infinity are a 0 among blanks, so
/// that all else stands where it stood. Python writes them; JSON has no such
/// words, and its parsers take none.
struct PlainJson {
  std::string text;  ///< empty when there was no such word
  NonFinite numbers;
};

PlainJson without_non_finite(std::string_view text);

}  // namespace thexp::detail
