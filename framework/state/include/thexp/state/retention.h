#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "thexp/base/mode.h"
#include "thexp/base/value.h"
#include "thexp/state/save_point.h"

namespace thexp {

/// Rules about which checkpoints stay. They add up: one is removed when none
/// of them wants it.
///
///     Retention().last(3).best(2, "eval/acc", Mode::kMax).every(10)
///
/// Without a rule all stay; the newest always does. No file is touched here:
/// what a Saver does with it is in saver.h.
class Retention {
 public:
  /// The newest `count`. @throws UsageError below 1.
  Retention& last(int64_t count);

  /// The `count` best by a metric of their sidecars: `info["metrics"][metric]`
  /// or `info[metric]`. Of equal ones (see is_better()) the older is better;
  /// one without the metric, or with NaN, is none of them, nor one within an
  /// epoch (`info["batch"]` above 0) where the metric is training's.
  /// @throws UsageError below 1, or without a metric.
  Retention& best(int64_t count, const std::string& metric, Mode mode);

  /// The first of each epoch that is a multiple of `count`, which is that
  /// epoch's end; of checkpoints that are named after steps, of each such step.
  /// Not of epoch or step 0. @throws UsageError below 1.
  Retention& every(int64_t count);

  /// What the rules know of a checkpoint.
  struct Checkpoint {
    SavePoint point = 0;
    Value info;  ///< needed when reads_info()
  };

  /// The places of those that no rule keeps, in order. `checkpoints` are in
  /// the order of saving, newest last.
  std::vector<std::size_t> surplus(
      const std::vector<Checkpoint>& checkpoints) const;

  bool keeps_all() const { return rules_.empty(); }
  bool reads_info() const { return reads_info_; }

 private:
  using Checkpoints = std::vector<Checkpoint>;
  using Rule = std::function<void(const Checkpoints&, std::vector<bool>& kept)>;

  std::vector<Rule> rules_;
  bool reads_info_ = false;
};

}  // namespace thexp
