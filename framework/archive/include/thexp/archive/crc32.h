#pragma once

#include <cstddef>
#include <cstdint>

namespace thexp {

/// CRC-32 (ISO 3309, as in zip and zlib) of `bytes` bytes that follow those of
/// `before`, at about the speed of memory.
uint32_t crc32_of(const void* data, std::size_t bytes, uint32_t before = 0);

/// The CRC-32 of two pieces in a row, from their own.
uint32_t crc32_joined(uint32_t first, uint32_t second, uint64_t second_bytes);

}  // namespace thexp
