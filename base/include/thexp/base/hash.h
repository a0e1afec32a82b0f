#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thexp {

/// A bijective mix of 64 bits (splitmix64's finaliser, Steele et al. 2014):
/// every input bit reaches every output bit.
constexpr uint64_t mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Folds `value` into `seed`; order matters.
constexpr uint64_t combine64(uint64_t seed, uint64_t value) {
  return mix64(seed ^ mix64(value));
}

/// A 64-bit hash of bytes, the same on every machine and in every version of
/// this library (seeds and fingerprints are derived from it). FNV-1a, mixed.
uint64_t hash64(std::string_view bytes);

/// Sixteen lowercase hexadecimal digits.
std::string hex64(uint64_t value);

}  // namespace thexp
