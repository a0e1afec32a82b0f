#pragma once

#include <ctime>

#include "thexp/base/clock.h"

namespace thexp_test {

/// Stands at 2026-11-21 10:00:00 local time until it is moved on.
class FixedClock : public thexp::Clock {
 public:
  FixedClock() {
    std::tm parts{};
    parts.tm_year = 126;
    parts.tm_mon = 10;
    parts.tm_mday = 21;
    parts.tm_hour = 10;
    parts.tm_isdst = -1;
    now_ = std::chrono::system_clock::from_time_t(std::mktime(&parts));
  }

  thexp::SystemTime now() const override { return now_ + passed_; }
  thexp::SteadyTime steady() const override {
    return thexp::SteadyTime() + passed_;
  }
  void advance(std::chrono::milliseconds time) { passed_ += time; }

 private:
  thexp::SystemTime now_;
  std::chrono::milliseconds passed_{0};
};

}  // namespace thexp_test
