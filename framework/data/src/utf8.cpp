#include "utf8.h"

#include <cstdint>

namespace thexp::internal {
namespace {

std::size_t length_of(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// The second byte alone tells overlong forms and surrogates from the rest.
bool second_fits(uint8_t lead, uint8_t second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0;
    case 0xED:
      return second < 0xA0;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second < 0x90;
    default:
      return true;
  }
}

}  // namespace

std::size_t character_bytes(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) {
    return static_cast<uint8_t>(text[offset + i]);
  };
  const std::size_t length = length_of(byte(0));
  if (length == 0 || offset + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (length > 1 && !second_fits(byte(0), byte(1))) return 0;
  return length;
}

}  // namespace thexp::internal
