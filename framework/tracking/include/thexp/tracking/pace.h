#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace thexp {

/// How fast a count grows, from where it stood when this was made.
class Pace {
 public:
  using Seconds = std::chrono::duration<double>;

  explicit Pace(int64_t first = 0) : first_(first) {}

  Seconds elapsed() const { return std::chrono::steady_clock::now() - begin_; }

  /// Counts a second. At once it may be infinite or not a number.
  double rate(int64_t count) const {
    return static_cast<double>(count - first_) / elapsed().count();
  }

  /// The time until the count is `last`, at this pace; nothing before it has
  /// grown, and where it is beyond.
  std::optional<Seconds> left(int64_t count, int64_t last) const {
    if (count <= first_ || count > last) return std::nullopt;
    return elapsed() * (static_cast<double>(last - count) /
                        static_cast<double>(count - first_));
  }

 private:
  std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
  int64_t first_;
};

}  // namespace thexp
