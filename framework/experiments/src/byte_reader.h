#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "thexp/base/error.h"

namespace thexp {

// Takes numbers and texts from the front of packed bytes.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::string_view take(uint64_t count) {
    if (count > rest_.size()) throw FormatError("the packed runs are cut off");
    std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  unsigned char byte() { return static_cast<unsigned char>(take(1)[0]); }

  // Seven bits a byte, the lowest first.
  uint64_t number() {
    uint64_t value = byte();
    if (value < 0x80) return value;  // mostly
    value &= 0x7F;
    for (int shift = 7; shift < 64; shift += 7) {
      unsigned char part = byte();
      value |= static_cast<uint64_t>(part & 0x7F) << shift;
      if ((part & 0x80) == 0) return value;
    }
    throw FormatError("a packed number has no end");
  }

  template <typename T>
  T plain() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string_view text() { return take(number()); }

 private:
  std::string_view rest_;
};

inline void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>(value | 0x80);
  }
  out += static_cast<char>(value);
}

template <typename T>
void put_plain(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

}  // namespace thexp
