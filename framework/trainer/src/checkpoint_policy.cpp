#include "checkpoint_policy.h"

#include <utility>

namespace thexp {

bool CheckpointPolicy::makes_any() const {
  return rules_.every_epochs > 0 || rules_.every_steps > 0 ||
         rules_.every_seconds > 0;
}

bool CheckpointPolicy::is_due(int64_t step, Time now) const {
  if (rules_.every_steps > 0 && step % rules_.every_steps == 0) return true;
  if (rules_.every_seconds <= 0) return false;
  std::chrono::duration<double> since = now - saved_time_;
  return since.count() >= rules_.every_seconds;
}

CheckpointPolicy::Decision CheckpointPolicy::after_step(int64_t step,
                                                        Time now) {
  if (auto requested = if_requested(step)) return requested;
  if (!is_due(step, now)) return std::nullopt;
  return importance(step);
}

CheckpointPolicy::Decision CheckpointPolicy::if_requested(int64_t step) {
  if (!take_requests(step)) return std::nullopt;
  return importance(step);
}

CheckpointPolicy::Decision CheckpointPolicy::after_epoch(int64_t epoch,
                                                         int64_t step,
                                                         bool is_last,
                                                         Time now) {
  int64_t every = rules_.every_epochs;
  bool requested = take_requests(step);
  bool due = every > 0 && (is_last || epoch % every == 0);
  if (!requested && !due && !is_due(step, now)) return std::nullopt;
  return importance(step);
}

CheckpointPolicy::Decision CheckpointPolicy::at_end(int64_t step) {
  if (!take_requests(step) && !is_unsaved(step)) return std::nullopt;
  return importance(step);
}

bool CheckpointPolicy::is_unsaved(int64_t step) const {
  return makes_any() && step > 0 && saved_step_ != step;
}

// True when this step's checkpoint was requested and is not there yet, or is
// of before the request.
bool CheckpointPolicy::take_requests(int64_t step) {
  if (!saves_) return false;
  if (std::exchange(is_best_, false)) best_step_ = step;
  bool is_new = std::exchange(is_requested_, false);
  if (is_new) requested_step_ = step;
  return is_new || (requested_step_ == step && saved_step_ != step);
}

Importance CheckpointPolicy::importance(int64_t step) const {
  if (best_step_ == step) return Importance::kBest;
  return requested_step_ == step ? Importance::kWanted : Importance::kRoutine;
}

}  // namespace thexp
