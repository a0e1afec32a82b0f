#include "thexp/callbacks/nan_policy.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/framework/gradients.h"
#include "thexp/framework/trainer.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"

namespace thexp {

NanPolicy::NanPolicy(Action action,
                     std::int64_t max_events,
                     std::int64_t snapshot_every)
    : action_(action),
      max_events_(max_events),
      snapshot_every_(snapshot_every) {
  if (max_events < 1 || snapshot_every < 1) {
    throw UsageError(
        fmt::format("NanPolicy: max_events {} and snapshot_every {} must be at "
                    "least 1",
                    max_events, snapshot_every));
  }
}

// A resumed run goes back to the same snapshot as one that never stopped.
void NanPolicy::on_train_begin(Trainer& trainer) {
  bool restored = std::exchange(restored_, false);
  if (action_ == Action::kRollBack && !restored) take_snapshot(trainer);
}

void NanPolicy::on_batch_begin(Trainer& trainer, const Batch&) {
  if (action_ != Action::kRollBack) return;
  if (roll_back_due_) roll_back(trainer);  // an exception ended the batch
  if (trainer.progress().step - snapshot_step_ >= snapshot_every_) {
    take_snapshot(trainer);
  }
}

void NanPolicy::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  if (roll_back_due_) roll_back(trainer);
}

bool NanPolicy::on_update_begin(Trainer& trainer, OptimizerSlot& slot) {
  if (roll_back_due_) return false;
  double norm = gradient_norm(slot.parameters()).item().toDouble();
  if (std::isfinite(norm)) return true;
  ++events_;
  std::string what = fmt::format(
      "the gradients of optimizer '{}' are not finite (norm {}) in "
      "step {} of epoch {}",
      slot.name(), norm, trainer.progress().step, trainer.progress().epoch + 1);
  if (action_ == Action::kStop) throw Error(what);
  if (events_ > max_events_) {
    throw Error(fmt::format("{}; that is more than the {} times allowed", what,
                            max_events_));
  }
  trainer.logger().warn(
      what,
      action_ == Action::kSkip
          ? "update skipped"
          : fmt::format("back to the weights of step {}", snapshot_step_));
  // Not now: the user's batch may still need the weights as they are.
  roll_back_due_ = action_ == Action::kRollBack;
  return false;
}

void NanPolicy::take_snapshot(Trainer& trainer) {
  State now{State::Dict{}};
  for (const auto& [name, model] : trainer.named_models()) {
    now[name] = module_state(*model);
  }
  for (const auto& slot : trainer.optimizers()) {
    now[slot->name()] = optimizer_state(slot->optimizer());
  }
  snapshot_ = now.clone();
  snapshot_step_ = trainer.progress().step;
}

void NanPolicy::roll_back(Trainer& trainer) {
  roll_back_due_ = false;
  for (const auto& [name, model] : trainer.named_models()) {
    load_module_state(*model, snapshot_.at(name));
  }
  for (const auto& slot : trainer.optimizers()) {
    // Time goes on: the rates stay where their schedules have put them.
    std::vector<double> rates = slot->learning_rates();
    load_optimizer_state(slot->optimizer(), snapshot_.at(slot->name()));
    slot->set_learning_rates(rates);
  }
}

State NanPolicy::state() const {
  State state{State::Dict{}};
  state["events"] = events_;
  state["snapshot"] = snapshot_;
  state["snapshot_step"] = snapshot_step_;
  return state;
}

void NanPolicy::load_state(const State& state) {
  events_ = state.at("events").as_integer();
  snapshot_ = state.at("snapshot").clone();
  snapshot_step_ = state.at("snapshot_step").as_integer();
  restored_ = !snapshot_.is_null();
}

}  // namespace thexp
