#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>

namespace thexp {

/// CRC-32 (ISO 3309) of `bytes` bytes that follow those of `before`.
inline std::uint32_t crc32_of(const void* data,
                              std::size_t bytes,
                              std::uint32_t before = 0) {
  // zlib takes a null pointer as a question for the initial value, which is 0.
  if (bytes == 0) return before;
  return static_cast<std::uint32_t>(
      ::crc32_z(before, static_cast<const Bytef*>(data), bytes));
}

/// The CRC-32 of two pieces in a row, from their own.
inline std::uint32_t crc32_joined(std::uint32_t first,
                                  std::uint32_t second,
                                  std::uint64_t second_bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace thexp
