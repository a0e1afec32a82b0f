#pragma once

#include "thexp/trainer/callback.h"

namespace thexp {

/// Saves a keypoint (a checkpoint that is never pruned) after every n-th
/// finished epoch.
class TimingCheckpoint : public Callback {
 public:
  /// @throws UsageError when `every_epochs` is below 1.
  explicit TimingCheckpoint(int64_t every_epochs = 50);

  int priority() const override { return kCommit; }
  void on_epoch_end(Trainer& trainer) override;

 private:
  int64_t every_epochs_;
};

}  // namespace thexp
