#pragma once

#include "thexp/base/clock.h"

namespace thexp_test {

/// A clock that stands until it is set.
struct FixedClock : thexp::Clock {
  thexp::SystemTime now() const override { return time; }
  thexp::SystemTime time{std::chrono::seconds(1700560800)};
};

}  // namespace thexp_test
