#include "thexp/trainer/run_plan.h"

#include <algorithm>

#include "environment.h"
#include "length.h"
#include "thexp/base/clock.h"
#include "thexp/data/batch.h"

namespace thexp {

RunPlan::RunPlan(const TrainerParams& params)
    : phase_(phase_called(*params.phase)),
      device_(device_called(*params.device)),
      until_(length_of(params)),
      more_epochs_(*params.more_epochs),
      more_steps_(*params.more_steps),
      max_time_(parse_duration(*params.max_time)),
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
  const int64_t more = more_epochs_.value_or(0) + more_steps_.value_or(0);
  bool counts_more = more_epochs_ || more_steps_;
  if (counts_more && !training.is_complete) until_ = training.target;
  if (counts_more && training.is_complete) {
    if (more_epochs_) until_.epochs = training.epochs + *more_epochs_;
    if (more_steps_) until_.steps = training.steps + *more_steps_;
  }
  bool asks_more = counts_more ? training.is_complete && more > 0
                               : until_.goes_beyond(training.target);
  decides_anew_ = asks_more || training.has_changed;
}

std::optional<int64_t> RunPlan::scheduled_batches(
    std::optional<int64_t> there) const {
  if (!there || !scheduled_limit_) return there ? there : scheduled_limit_;
  return std::min(*there, *scheduled_limit_);
}

int64_t RunPlan::scheduled_epochs(std::optional<int64_t> there) const {
  auto batches = scheduled_batches(there);
  return until_.steps_in_all(batches) ? until_.epochs_begun(batches) : 0;
}

// No window reaches over an epoch's end.
int64_t RunPlan::scheduled_updates(std::optional<int64_t> there,
                                   int64_t accumulate) const {
  auto windows = [&](int64_t batches) {
    return batches / accumulate + (batches % accumulate != 0 ? 1 : 0);
  };
  auto batches = scheduled_batches(there);
  int64_t steps = until_.steps_in_all(batches).value_or(0);
  if (!batches || *batches == 0) return windows(steps);
  return steps / *batches * windows(*batches) + windows(steps % *batches);
}

std::optional<int64_t> RunPlan::limit(Phase phase) const {
  return limits_[index_of(phase)];
}

Phase RunPlan::data_of(Phase phase) const {
  return overfits_ && phase == Phase::kEval ? Phase::kTrain : phase;
}

}  // namespace thexp
