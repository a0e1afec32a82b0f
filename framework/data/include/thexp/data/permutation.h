#pragma once

#include <array>
#include <cstdint>

namespace thexp {

/// A shuffled order of 0 … n-1 that is computed, not stored: each position is
/// found in constant time, so that an epoch resumes anywhere at no cost.
///
/// A Feistel network over rows × columns, the smallest near-square that holds
/// n, walked until the value falls below n (Black and Rogaway, "Ciphers with
/// arbitrary finite domains", 2002). Not for cryptography.
///
/// The same (n, key) gives the same order on every machine and in every
/// version of this library.
class Permutation {
 public:
  /// @throws UsageError when n exceeds 2^62.
  Permutation(uint64_t n, uint64_t key);

  /// The value at a position. @throws UsageError when position >= size().
  uint64_t operator()(uint64_t position) const;

  /// Writes the values at positions first … first+count-1.
  /// @throws UsageError when one of them is >= size().
  void fill(uint64_t first, uint64_t count, int64_t* out) const;

  uint64_t size() const { return n_; }

 private:
  uint64_t walk(uint64_t value) const;
  uint64_t once(uint64_t value) const;

  static constexpr int kMostRounds = 12;
  uint64_t n_;
  uint64_t columns_;
  uint64_t rows_;
  int rounds_;
  std::array<uint64_t, kMostRounds> keys_;
};

}  // namespace thexp
