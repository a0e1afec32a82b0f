#pragma once

#include <string>

#include "thexp/callbacks/monitor.h"
#include "thexp/framework/callback.h"

namespace thexp {

/// Saves a checkpoint whenever a metric improves, and points the run's `best`
/// link at it. It is exempt from pruning while it is the best.
class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(std::string monitor = "eval/loss",
                           Mode mode = Mode::kMin);

  int priority() const override { return kCommit; }
  /// @throws UsageError when there is no data to evaluate the metric on.
  void on_train_begin(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;

  double best() const { return monitor_.best(); }

 private:
  Monitor monitor_;
};

}  // namespace thexp
