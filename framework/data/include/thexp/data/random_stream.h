#pragma once

#include <cstdint>
#include <limits>

#include "thexp/base/hash.h"

namespace thexp {

/// Random numbers that are a function of (key, how many were drawn): no state
/// is shared between streams, so that a sample's augmentation is the same
/// whatever thread computes it. Usable as a C++ random bit generator.
class RandomStream {
 public:
  using result_type = uint64_t;

  explicit RandomStream(uint64_t key) : key_(key) {}

  /// The stream of one example in one epoch.
  static RandomStream of_sample(uint64_t seed, int64_t epoch, int64_t sample);

  /// 64 random bits.
  result_type operator()() { return combine64(key_, counter_++); }
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() {
    return std::numeric_limits<result_type>::max();
  }

  /// A real in [0, 1), 53 random bits.
  double uniform() {
    return static_cast<double>((*this)() >> 11) * (1.0 / 9007199254740992.0);
  }

  /// A real in [low, high).
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /// True with the given probability.
  bool chance(double probability) { return uniform() < probability; }

  /// A standard normal number (Box and Muller, 1958; two draws each).
  double normal();

  /// An unbiased integer in [0, n) (Lemire, 2019).
  /// @throws UsageError when n < 1.
  int64_t below(int64_t n);

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace thexp
