#include "thexp/base/utf8.h"

#include <utf8proc.h>

namespace thexp {

Utf8Character utf8_character(std::string_view text, std::size_t offset) {
  auto first = static_cast<unsigned char>(text[offset]);
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t code = 0;
  utf8proc_ssize_t bytes = utf8proc_iterate(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data() + offset),
      static_cast<utf8proc_ssize_t>(text.size() - offset), &code);
  if (bytes < 0) return {};
  return {static_cast<char32_t>(code), static_cast<std::size_t>(bytes)};
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t bytes = utf8_character(text, at).bytes;
    if (bytes == 0) return at;
    at += bytes;
  }
  return std::string_view::npos;
}

}  // namespace thexp
