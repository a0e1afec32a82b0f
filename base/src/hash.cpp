#include "thexp/base/hash.h"

#include <fmt/format.h>

namespace thexp {

uint64_t hash64(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
  return mix64(hash);
}

std::string hex64(uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace thexp
