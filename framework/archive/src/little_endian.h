#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace thexp {

/// Appends the lowest `bytes` bytes of `value`, lowest first.
inline void put_little(std::string& out, uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

/// The unsigned number in `bytes` bytes at `data`, lowest first.
inline uint64_t get_little(const char* data, std::size_t bytes) {
  uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= uint64_t{static_cast<unsigned char>(data[i])} << (8 * i);
  }
  return value;
}

}  // namespace thexp
