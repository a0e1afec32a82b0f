#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "thexp/base/mode.h"
#include "thexp/trainer/phase.h"

namespace thexp {

class Trainer;

/// Watches one metric of a trainer ("eval/loss") for its best value. What
/// EarlyStopping, ModelCheckpoint and Plateau share.
class Monitor {
 public:
  /// Without a mode, it is the one of the Metric that the trainer registered
  /// under this name, else likely_mode().
  /// @throws UsageError unless min_delta is finite and not negative.
  Monitor(std::string metric,
          std::optional<Mode> mode = std::nullopt,
          double min_delta = 0);

  /// Called when training begins. A metric that a callback may still add is
  /// only a warning. @throws UsageError when there is no data to measure the
  /// metric on, or it is known that there is no such metric.
  void check(Trainer& trainer);

  bool is_of(Phase phase) const { return metric_phase(metric_) == phase; }

  /// What look() finds.
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
  void set_mode(Mode mode);

  std::string metric_;
  Mode mode_;
  bool is_stated_;  // the mode
  double min_delta_;
  double best_;
  double previous_best_;
  double current_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace thexp
