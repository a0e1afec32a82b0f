#include "utf8.h"

#include <cstddef>

namespace thexp {
namespace {

struct Lead {
  std::size_t length;       // of the whole sequence, 0 when invalid
  unsigned char low, high;  // bounds of the second byte
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    Lead lead = lead_of(static_cast<unsigned char>(text[at]));
    if (lead.length == 0 || text.size() - at < lead.length) return false;
    for (std::size_t i = 1; i < lead.length; ++i) {
      auto byte = static_cast<unsigned char>(text[at + i]);
      unsigned char low = i == 1 ? lead.low : 0x80;
      unsigned char high = i == 1 ? lead.high : 0xBF;
      if (byte < low || byte > high) return false;
    }
    at += lead.length;
  }
  return true;
}

}  // namespace thexp
