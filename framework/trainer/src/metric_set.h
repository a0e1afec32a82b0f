#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metric_board.h"
#include "thexp/base/mode.h"
#include "thexp/meters/metric.h"
#include "thexp/state/kept_members.h"

namespace thexp {

/// The metrics of whole sets that a program registers: reset when their phase
/// begins, read when it ends.
class MetricSet {
 public:
  using Read = std::function<double()>;

  /// Also keeps the state of one of training. @throws UsageError for the
  /// predict phase, and a name that is there.
  void add(Phase phase,
           const std::string& name,
           Metric& metric,
           Read read,
           KeptMembers& kept);

  void reset(Phase phase);
  /// The states of a phase's metrics, to see later that each was updated.
  std::vector<Value> states(Phase phase) const;
  /// Their names. @throws UsageError for one whose state is as in `before`.
  std::vector<std::string> updated_since(
      Phase phase, const std::vector<Value>& before) const;
  /// Puts the values beside a phase's averages. @throws UsageError for one that
  /// has seen no examples.
  void read_into(Phase phase, AvgMeter& average) const;

  /// The direction in which "eval/f1" improves; nothing for others.
  std::optional<Mode> mode_of(const std::string& metric) const;
  /// Of all of them.
  std::vector<std::pair<std::string, Mode>> modes() const;

 private:
  struct Entry {
    Phase phase;
    std::string name;
    Metric* metric;
    Read read;
  };
  std::vector<Entry> entries_;
};

}  // namespace thexp
