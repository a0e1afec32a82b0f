#pragma once

#include <cstddef>
#include <cstdint>

namespace thexp {

/// CRC-32 (ISO 3309, as in zip and zlib) of `bytes` bytes that follow those of
/// `before`. Carry-less multiplication where the processor has it.
std::uint32_t crc32_of(const void* data,
                       std::size_t bytes,
                       std::uint32_t before = 0);

/// The CRC-32 of two pieces in a row, from their own.
std::uint32_t crc32_joined(std::uint32_t first,
                           std::uint32_t second,
                           std::uint64_t second_bytes);

}  // namespace thexp
