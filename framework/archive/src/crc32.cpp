#include "thexp/archive/crc32.h"

#include <zlib.h>

#include "crc32_fold.h"

namespace thexp {
namespace {

std::uint32_t zlib_crc32(const void* data,
                         std::size_t bytes,
                         std::uint32_t before) {
  // zlib takes a null pointer as a question for the initial value, which is 0.
  if (bytes == 0) return before;
  return static_cast<std::uint32_t>(
      ::crc32_z(before, static_cast<const Bytef*>(data), bytes));
}

}  // namespace

std::uint32_t crc32_of(const void* data,
                       std::size_t bytes,
                       std::uint32_t before) {
  static const bool can_fold = crc32_can_fold();
  if (!can_fold || bytes < kCrc32FoldBlock) {
    return zlib_crc32(data, bytes, before);
  }
  const char* next = static_cast<const char*>(data);
  std::size_t folded = bytes / kCrc32FoldBlock * kCrc32FoldBlock;
  Crc32Rest rest;
  crc32_fold(next, folded, before, rest);
  // The rest has the starting value in it: begin with a register of zeros.
  std::uint32_t crc = zlib_crc32(rest.bytes, sizeof rest.bytes, 0xFFFFFFFF);
  return zlib_crc32(next + folded, bytes - folded, crc);
}

std::uint32_t crc32_joined(std::uint32_t first,
                           std::uint32_t second,
                           std::uint64_t second_bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace thexp
