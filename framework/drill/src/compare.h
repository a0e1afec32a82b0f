#pragma once

#include <set>
#include <string>

#include "session.h"

namespace thexp {

/// How two trainings differ that should not; both texts empty when they are
/// equal bit for bit.
struct DrillDifference {
  std::string what;
  std::string hint;
  /// Weights, optimizers and counters are equal: only these metrics are not.
  std::set<std::string> metrics;

  bool equal() const { return what.empty(); }
};

/// Compares what two "train" sessions left: their traces in the steps that
/// both have, their states, and their metrics.jsonl. Differences of `restless`
/// metrics do not count.
DrillDifference compare_sessions(const DrillSession& expected,
                                 const DrillSession& found,
                                 const std::set<std::string>& restless = {});

}  // namespace thexp
