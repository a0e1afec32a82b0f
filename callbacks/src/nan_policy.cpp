#include "thexp/callbacks/nan_policy.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/optim/gradients.h"
#include "thexp/state/tensor_lists.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

NanPolicy::NanPolicy(Action action, int64_t max_events, int64_t snapshot_every)
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

namespace {

// What a batch has done is known to be good when its gradients were looked at;
// those in an open window were not.
bool is_between_windows(const Trainer& trainer) {
  const auto& slots = trainer.optimizers();
  return std::none_of(slots.begin(), slots.end(),
                      [](const auto& slot) { return slot->in_window(); });
}

// Parameters and their groups: changes when a program adds some.
int64_t count_parameters(const Trainer& trainer) {
  std::size_t count = 0;
  for (const auto& slot : trainer.optimizers()) {
    for (const auto& group : slot->optimizer().param_groups()) {
      count += group.params().size() + 1;
    }
  }
  return static_cast<int64_t>(count);
}

// `state` with its tensors where those of `live` are.
State placed_as(const State& live, const State& state) {
  if (state.is_tensor() && live.is_tensor()) {
    return state.as_tensor().to(live.as_tensor().device());
  }
  if (!state.is_dict()) return state;
  State::Dict placed;
  for (const auto& [key, value] : state.as_dict()) {
    const State* there = live.find(key);
    placed.emplace_back(key, there ? placed_as(*there, value) : value);
  }
  return placed;
}

}  // namespace

// A resumed run goes back to the same snapshot as one that never stopped.
void NanPolicy::on_train_begin(Trainer& trainer) {
  if (action_ == Action::kSkip) collect_buffers(trainer);
  if (action_ != Action::kRollBack) return;
  if (std::exchange(restored_, false)) {
    place_snapshot(trainer);
  } else if (is_between_windows(trainer)) {
    take_snapshot(trainer);
  }
}

void NanPolicy::collect_buffers(const Trainer& trainer) {
  buffers_.clear();
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& buffer : model->buffers()) {
      bool is_new = seen.insert(buffer.unsafeGetTensorImpl()).second;
      if (is_new) buffers_.push_back(without_repeats(buffer));
    }
  }
  if (!has_copies()) kept_buffers_.clear();
  // Copies may have come with a checkpoint.
  for (std::size_t i = 0; i < kept_buffers_.size(); ++i) {
    kept_buffers_[i] = kept_buffers_[i].to(buffers_[i].device());
  }
}

void NanPolicy::copy_buffers() {
  at::NoGradGuard no_grad;
  if (kept_buffers_.empty()) {
    for (const at::Tensor& buffer : buffers_) {
      kept_buffers_.push_back(buffer.detach().clone());
    }
  } else {
    copy_each(kept_buffers_, buffers_);
  }
}

void NanPolicy::on_batch_begin(Trainer& trainer, const Batch&) {
  undo(trainer);  // an exception ended the batch before
  if (!std::exchange(passed_, false) || !is_between_windows(trainer)) return;
  if (action_ == Action::kSkip) copy_buffers();
  if (action_ == Action::kRollBack && snapshot_is_due(trainer)) {
    take_snapshot(trainer);
  }
}

// A snapshot of what has other parameters now could not be put back.
bool NanPolicy::snapshot_is_due(const Trainer& trainer) const {
  return trainer.progress().step - snapshot_step_ >= snapshot_every_ ||
         count_parameters(trainer) != snapshot_parameters_;
}

void NanPolicy::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  undo(trainer);
}

// An epoch that is cut short updates once more, after its last batch.
void NanPolicy::on_epoch_end(Trainer& trainer) { undo(trainer); }

void NanPolicy::undo(Trainer& trainer) {
  if (!std::exchange(undo_due_, false)) return;
  if (action_ == Action::kRollBack) {
    roll_back(trainer);
  } else if (has_copies()) {
    at::NoGradGuard no_grad;
    copy_each(buffers_, kept_buffers_);
  }
}

bool NanPolicy::on_update_begin(Trainer& trainer, OptimizerSlot& slot) {
  if (undo_due_ && action_ == Action::kRollBack) return false;
  double norm = gradient_norm(slot.parameters()).item().toDouble();
  if (std::isfinite(norm)) {
    passed_ = true;
    return true;
  }
  ++events_;
  std::string what = fmt::format(
      "the gradients of optimizer '{}' are not finite (norm {}) in "
      "step {} of epoch {}",
      slot.name(), norm, trainer.progress().step, trainer.progress().epoch + 1);
  if (action_ == Action::kStop) throw Error(what);
  if (action_ == Action::kRollBack && taken_ == nullptr) {
    throw Error(what + "; there is no snapshot to go back to yet");
  }
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
  undo_due_ = true;
  return false;
}

void NanPolicy::take_snapshot(const Trainer& trainer) {
  taken_ = &snapshot_.copy(trainer.weights());
  snapshot_step_ = trainer.progress().step;
  snapshot_parameters_ = count_parameters(trainer);
}

// One that came with a checkpoint is in the computer's memory.
void NanPolicy::place_snapshot(const Trainer& trainer) {
  State placed = placed_as(trainer.weights(), *taken_);
  taken_ = &snapshot_.copy(placed);
}

// Time goes on: the rates stay where their schedules have put them. A window
// that is open holds gradients of weights that are gone.
void NanPolicy::roll_back(Trainer& trainer) {
  std::vector<std::vector<double>> rates;
  for (const auto& slot : trainer.optimizers()) {
    rates.push_back(slot->learning_rates());
  }
  trainer.load_weights(*taken_);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    trainer.optimizers()[i]->set_learning_rates(rates[i]);
    trainer.optimizers()[i]->drop_window();
  }
}

State NanPolicy::state() const {
  State state{State::Dict{}};
  state["events"] = events_;
  state["undo_due"] = undo_due_;
  state["passed"] = passed_;
  state["snapshot"] = taken_ == nullptr ? State() : *taken_;
  state["snapshot_step"] = snapshot_step_;
  state["snapshot_parameters"] = snapshot_parameters_;
  state["buffers"] = State::List(kept_buffers_.begin(), kept_buffers_.end());
  return state;
}

// Format 1 has no "passed" and no "snapshot_parameters"; its buffers are null
// where those of the models are as good.
void NanPolicy::load_state(const State& state) {
  events_ = state.at("events").as_integer();
  undo_due_ = state.at("undo_due").as_bool();
  const State& snapshot = state.at("snapshot");
  const State& buffers = state.at("buffers");
  const State* passed = state.find("passed");
  const State* parameters = state.find("snapshot_parameters");
  passed_ = passed != nullptr ? passed->as_bool() : buffers.is_null();
  taken_ = snapshot.is_null() ? nullptr : &snapshot_.copy(snapshot);
  snapshot_step_ = state.at("snapshot_step").as_integer();
  snapshot_parameters_ = parameters ? parameters->as_integer() : -1;
  restored_ = taken_ != nullptr;
  kept_buffers_.clear();
  if (buffers.is_null()) return;
  for (const State& buffer : buffers.as_list()) {
    kept_buffers_.push_back(buffer.as_tensor().clone());
  }
}

}  // namespace thexp
