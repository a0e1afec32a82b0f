#include "thexp/archive/crc32.h"

#include <libdeflate.h>
#include <zlib.h>

namespace thexp {

uint32_t crc32_of(const void* data, std::size_t bytes, uint32_t before) {
  // The library takes a null pointer as a question for the initial value.
  if (bytes == 0) return before;
  return ::libdeflate_crc32(before, data, bytes);
}

uint32_t crc32_joined(uint32_t first, uint32_t second, uint64_t second_bytes) {
  return static_cast<uint32_t>(
      ::crc32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace thexp
