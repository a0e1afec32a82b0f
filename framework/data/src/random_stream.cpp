#include "thexp/data/random_stream.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"

namespace thexp {

RandomStream RandomStream::of_sample(uint64_t seed,
                                     int64_t epoch,
                                     int64_t sample) {
  constexpr uint64_t kTag = 0x7361'6d70'6c65ULL;  // "sample"
  uint64_t key = combine64(seed, kTag);
  key = combine64(key, static_cast<uint64_t>(epoch));
  return RandomStream(combine64(key, static_cast<uint64_t>(sample)));
}

double RandomStream::normal() {
  constexpr double kTwoPi = 6.283185307179586476925;
  double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(kTwoPi * uniform());
}

int64_t RandomStream::below(int64_t n) {
  if (n < 1) {
    throw UsageError(
        fmt::format("RandomStream::below({}) needs at least 1", n));
  }
  __extension__ using Wide = unsigned __int128;
  const auto range = static_cast<uint64_t>(n);
  const uint64_t threshold = (0 - range) % range;
  Wide product;
  do {
    product = static_cast<Wide>((*this)()) * range;
  } while (static_cast<uint64_t>(product) < threshold);
  return static_cast<int64_t>(product >> 64);
}

}  // namespace thexp
