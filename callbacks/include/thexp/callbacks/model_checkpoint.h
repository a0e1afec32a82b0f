#pragma once

#include <cstdint>
#include <string>

#include "thexp/callbacks/monitor.h"
#include "thexp/state/best_values.h"
#include "thexp/trainer/callback.h"

namespace thexp {

/// Saves a checkpoint at the end of each epoch that is one of the `keep` best
/// so far by a metric, and points the run's `best` link at the best. They are
/// exempt from pruning while they are.
class ModelCheckpoint : public Callback {
 public:
  /// @throws UsageError when `keep` is below 1.
  explicit ModelCheckpoint(std::string monitor = "eval/loss",
                           Mode mode = Mode::kMin,
                           int64_t keep = 1);

  int priority() const override { return kCommit; }
  /// @throws UsageError when there is no data to evaluate the metric on.
  void on_train_begin(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;

  double best() const { return monitor_.best(); }

 private:
  void say_improvement(Trainer& trainer) const;

  Monitor monitor_;
  int64_t keep_;
  BestValues best_;
  bool rule_added_ = false;
  int64_t seen_ = -1;  // the step whose evaluation is in best_
};

}  // namespace thexp
