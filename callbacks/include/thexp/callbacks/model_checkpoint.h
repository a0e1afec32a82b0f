#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "thexp/callbacks/metric_callback.h"
#include "thexp/state/best_values.h"

namespace thexp {

/// Saves a checkpoint after each evaluation that is one of the `keep` best so
/// far by a metric, and points the run's `best` link at the best. They are
/// exempt from pruning while they are.
class ModelCheckpoint : public MetricCallback {
 public:
  /// Without a mode as Monitor. @throws UsageError when `keep` is below 1.
  explicit ModelCheckpoint(std::string monitor = "eval/loss",
                           std::optional<Mode> mode = std::nullopt,
                           int64_t keep = 1);

  int priority() const override { return kCommit; }
  /// @throws as MetricCallback
  void on_train_begin(Trainer& trainer) override;
  void on_measured(Trainer& trainer, bool improved) override;

 private:
  void say_improvement(Trainer& trainer) const;

  int64_t keep_;
  BestValues best_;
  bool rule_added_ = false;
};

}  // namespace thexp
