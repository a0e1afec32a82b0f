#pragma once

#include <cstdint>
#include <string>

namespace thexp {

/// Memory that may be taken for what a file says. A few bytes of it can refer
/// to the same part without end, so that only its size tells what is right:
/// `times` bytes for each of its bytes, and `free` for every file, as short
/// ones repeat things too.
class MemoryBudget {
 public:
  MemoryBudget(uint64_t free, uint64_t times, uint64_t source_bytes)
      : limit_(free + times * source_bytes), left_(limit_) {}

  /// False, and nothing is taken, when that is more than is left.
  [[nodiscard]] bool spend(uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

  /// All that there was.
  uint64_t limit() const { return limit_; }

  /// What is wrong with a pickle for which it is not enough.
  std::string repeated_too_often() const {
    return "the same parts are repeated too often: what it holds would take "
           "over " +
           std::to_string(limit_) +
           " bytes of memory, the most for a pickle of its size";
  }

 private:
  uint64_t limit_;
  uint64_t left_;
};

}  // namespace thexp
