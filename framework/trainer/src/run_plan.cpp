#include "thexp/trainer/run_plan.h"

#include <algorithm>

#include "environment.h"
#include "thexp/data/batch.h"

namespace thexp {

RunPlan::RunPlan(const TrainerParams& params)
    : phase_(phase_called(*params.phase)),
      device_(device_called(*params.device)),
      epochs_(params.more_epochs.get().value_or(*params.epoch)),
      more_epochs_(*params.more_epochs),
      is_trial_(*params.fast_dev_run),
      overfits_(*params.overfit_batches > 0),
      checkpoints_{*params.checkpoint_every, *params.checkpoint_every_steps,
                   *params.checkpoint_every_seconds},
      limits_{*params.limit_train_batches, *params.limit_eval_batches,
              *params.limit_test_batches, std::nullopt} {
  if (overfits_) {
    limits_[index_of(Phase::kTrain)] = *params.overfit_batches;
    limits_[index_of(Phase::kEval)] = *params.overfit_batches;
  }
  scheduled_limit_ = limit(Phase::kTrain);
  if (!is_trial_) return;
  limits_.fill(1);
  checkpoints_ = {0, 0, 0};
}

void RunPlan::move_to_device(Batch& batch) const {
  if (device_.is_cpu()) return;
  batch = batch.to(device_, /*non_blocking=*/true);
}

void RunPlan::go_on_after(const Earlier& training) {
  if (more_epochs_) {
    epochs_ = training.is_complete ? training.epochs + *more_epochs_
                                   : training.target;
  }
  bool asks_more = more_epochs_ ? training.is_complete && *more_epochs_ > 0
                                : epochs_ > training.target;
  decides_anew_ = asks_more || training.has_changed;
}

int64_t RunPlan::scheduled_batches(std::optional<int64_t> there) const {
  if (!there) return scheduled_limit_.value_or(1);
  return std::min(*there, scheduled_limit_.value_or(*there));
}

std::optional<int64_t> RunPlan::limit(Phase phase) const {
  return limits_[index_of(phase)];
}

Phase RunPlan::data_of(Phase phase) const {
  return overfits_ && phase == Phase::kEval ? Phase::kTrain : phase;
}

}  // namespace thexp
