#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "thexp/state/mode.h"

namespace thexp {

class Trainer;

/// Watches one metric of a trainer ("eval/loss") for its best value. What
/// EarlyStopping, ModelCheckpoint and Plateau share.
class Monitor {
 public:
  /// @throws UsageError unless min_delta is finite and not negative.
  Monitor(std::string metric, Mode mode, double min_delta = 0);

  /// Called when training begins.
  /// @throws UsageError when there is no data to evaluate the metric on.
  void check(const Trainer& trainer) const;

  /// What on_epoch_end finds.
  enum class Verdict { kNoValue, kImproved, kNotImproved };

  /// Looks at the value of the step that was just finished; kNoValue when no
  /// evaluation ran after it. An improvement is better than the best value by
  /// more than min_delta, and by more than a tie (see is_better()); a NaN never
  /// is.
  /// @throws UsageError listing the metrics there are, when this is none.
  Verdict look(const Trainer& trainer);

  const std::string& metric() const { return metric_; }
  Mode mode() const { return mode_; }
  /// The best value before the newest, and the newest; only after look().
  double previous_best() const { return previous_best_; }
  double best() const { return best_; }
  double current() const { return current_; }

  /// The best value, to be kept in checkpoints.
  double& best_value() { return best_; }

 private:
  bool improves(double value) const;

  std::string metric_;
  Mode mode_;
  double min_delta_;
  double best_;
  double previous_best_;
  double current_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace thexp
