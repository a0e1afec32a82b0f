#pragma once

#include <cstddef>
#include <string_view>

namespace thexp {

/// A character of UTF-8 text (RFC 3629: no overlong forms, no surrogates, at
/// most U+10FFFF).
struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< 1 to 4, or 0 where the text is not UTF-8
};

/// The character whose first byte is at `offset`, which is within `text`.
Utf8Character utf8_character(std::string_view text, std::size_t offset);

/// Where the first byte is that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return find_invalid_utf8(text) == std::string_view::npos;
}

}  // namespace thexp
