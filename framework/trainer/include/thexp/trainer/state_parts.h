#pragma once

#include "thexp/state/state.h"

namespace thexp {

/// A trainer's state() without the averages of its metrics: what two trainings
/// that did the same have in common even where a metric is a time.
State without_averages(State whole);

}  // namespace thexp
