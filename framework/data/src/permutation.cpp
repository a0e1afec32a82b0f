#include "thexp/data/permutation.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/base/hash.h"

namespace thexp {
namespace {

constexpr uint64_t kLargest = uint64_t{1} << 62;

// A round moves a value within its row or column only: few values need more
// rounds until all orders are equally likely.
constexpr uint64_t kSmall = 10000;
constexpr int kRounds = 6;

uint64_t ceil_sqrt(uint64_t n) {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(n)));
  while (root * root < n) ++root;
  while (root > 0 && (root - 1) * (root - 1) >= n) --root;
  return root;
}

// 32 well-mixed bits, scaled to [0, range); range < 2^32.
inline uint64_t round_value(uint64_t half, uint64_t key, uint64_t range) {
  uint64_t h = (half + key) * 0x9e3779b97f4a7c15ULL;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93ULL;
  return ((h >> 32) * range) >> 32;
}

inline uint64_t add_modulo(uint64_t a, uint64_t b, uint64_t modulus) {
  const uint64_t sum = a + b;
  // Without a branch: which way it goes cannot be predicted.
  return sum - (modulus & -static_cast<uint64_t>(sum >= modulus));
}

// Most datasets fit in 32 bits, where a division is much cheaper.
inline uint64_t divide(uint64_t value, uint64_t by) {
  if ((value >> 32) == 0) {
    return static_cast<uint32_t>(value) / static_cast<uint32_t>(by);
  }
  return value / by;
}

}  // namespace

Permutation::Permutation(uint64_t n, uint64_t key)
    : n_(n), rounds_(n < kSmall ? kMostRounds : kRounds) {
  if (n > kLargest) {
    throw UsageError(fmt::format(
        "a Permutation of {} elements is too large: at most 2^62", n));
  }
  columns_ = n == 0 ? 1 : ceil_sqrt(n);
  rows_ = n == 0 ? 1 : (n - 1) / columns_ + 1;
  for (int i = 0; i < rounds_; ++i) {
    keys_[i] = combine64(key, static_cast<uint64_t>(i));
  }
}

uint64_t Permutation::operator()(uint64_t position) const {
  if (position >= n_) {
    throw UsageError(fmt::format(
        "position {} is out of range: the permutation has {} elements",
        position, n_));
  }
  return walk(position);
}

void Permutation::fill(uint64_t first, uint64_t count, int64_t* out) const {
  if (first > n_ || count > n_ - first) {
    throw UsageError(
        fmt::format("positions {} to {}+{} are out of range: the permutation "
                    "has {} elements",
                    first, first, count, n_));
  }
  for (uint64_t i = 0; i < count; ++i) {
    out[i] = static_cast<int64_t>(walk(first + i));
  }
}

inline uint64_t Permutation::once(uint64_t value) const {
  uint64_t row = divide(value, columns_);
  uint64_t column = value - row * columns_;
  for (int i = 0; i < rounds_; i += 2) {
    column = add_modulo(column, round_value(row, keys_[i], columns_), columns_);
    row = add_modulo(row, round_value(column, keys_[i + 1], rows_), rows_);
  }
  return row * columns_ + column;
}

inline uint64_t Permutation::walk(uint64_t value) const {
  do {
    value = once(value);
  } while (value >= n_);
  return value;
}

}  // namespace thexp
