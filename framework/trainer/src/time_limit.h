#pragma once

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

#include "thexp/base/clock.h"

namespace thexp {

/// `--max_time`: how long this process may train. It counts from set-up.
class TimeLimit {
 public:
  using Seconds = std::chrono::duration<double>;

  void begin(std::optional<Seconds> length) {
    length_ = length;
    begin_ = std::chrono::steady_clock::now();
  }

  bool is_over() const {
    return length_ && std::chrono::steady_clock::now() - begin_ >= *length_;
  }

  std::string reason() const {
    bool is_short = length_->count() < 60;
    return fmt::format("max_time={} is over",
                       is_short ? fmt::format("{:g}s", length_->count())
                                : format_duration(*length_));
  }

 private:
  std::optional<Seconds> length_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace thexp
