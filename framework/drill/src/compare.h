#pragma once

#include <set>
#include <string>

#include "session.h"

namespace thexp::detail {

/// How two trainings differ that should not. Both texts are empty when they
/// are equal bit for bit.
struct DrillDifference {
  std::string what;
  std::string hint;
  /// Not empty: weights, optimizers and counters are equal, these metrics are
  /// not.
  std::set<std::string> metrics;

  bool equal() const { return what.empty(); }
};

/// Compares what two "train" sessions left: their traces in the steps that
/// both have, their states, and their metrics.jsonl. Differences of metrics in
/// `ignored` do not count.
DrillDifference compare_sessions(const DrillSession& expected,
                                 const DrillSession& found,
                                 const std::set<std::string>& ignored = {});

}  // namespace thexp::detail
