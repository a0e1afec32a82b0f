#include "thexp/callbacks/nan_policy.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <cmath>
#include <unordered_set>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/optim/gradients.h"
#include "thexp/optim/tensor_lists.h"
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

// A resumed run goes back to the same snapshot as one that never stopped.
void NanPolicy::on_train_begin(Trainer& trainer) {
  bool restored = std::exchange(restored_, false);
  if (action_ == Action::kRollBack && !restored) take_snapshot(trainer);
  if (action_ == Action::kSkip) collect_buffers(trainer);
}

void NanPolicy::collect_buffers(const Trainer& trainer) {
  buffers_.clear();
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& buffer : model->buffers()) {
      bool is_new = seen.insert(buffer.unsafeGetTensorImpl()).second;
      if (is_new) buffers_.push_back(buffer);
    }
  }
  if (copy_due_) return;
  // The copies came with a checkpoint.
  if (kept_buffers_.size() != buffers_.size()) {
    throw UsageError(fmt::format(
        "NanPolicy: there are {} copies, but the models have {} buffers",
        kept_buffers_.size(), buffers_.size()));
  }
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    kept_buffers_[i] = kept_buffers_[i].to(buffers_[i].device());
  }
}

// The buffers as they are before the batches of the next update.
void NanPolicy::copy_buffers() {
  copy_due_ = false;
  at::NoGradGuard no_grad;
  if (kept_buffers_.size() != buffers_.size()) {
    kept_buffers_.clear();
    for (const at::Tensor& buffer : buffers_) {
      kept_buffers_.push_back(buffer.detach().clone());
    }
  } else {
    copy_each(kept_buffers_, buffers_);
  }
}

void NanPolicy::on_batch_begin(Trainer& trainer, const Batch&) {
  undo(trainer);  // an exception ended the batch before
  if (action_ == Action::kSkip && copy_due_) copy_buffers();
  if (action_ != Action::kRollBack) return;
  if (trainer.progress().step - snapshot_step_ >= snapshot_every_) {
    take_snapshot(trainer);
  }
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
  } else {
    at::NoGradGuard no_grad;
    copy_each(buffers_, kept_buffers_);
  }
}

bool NanPolicy::on_update_begin(Trainer& trainer, OptimizerSlot& slot) {
  if (undo_due_ && action_ == Action::kRollBack) return false;
  double norm = gradient_norm(slot.parameters()).item().toDouble();
  if (std::isfinite(norm)) {
    copy_due_ = true;
    return true;
  }
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
  undo_due_ = true;
  return false;
}

void NanPolicy::take_snapshot(Trainer& trainer) {
  snapshot_ = trainer.weights().clone();
  snapshot_step_ = trainer.progress().step;
}

// Time goes on: the rates stay where their schedules have put them.
void NanPolicy::roll_back(Trainer& trainer) {
  std::vector<std::vector<double>> rates;
  for (const auto& slot : trainer.optimizers()) {
    rates.push_back(slot->learning_rates());
  }
  trainer.load_weights(snapshot_);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    trainer.optimizers()[i]->set_learning_rates(rates[i]);
  }
}

State NanPolicy::state() const {
  State state{State::Dict{}};
  state["events"] = events_;
  state["undo_due"] = undo_due_;
  state["snapshot"] = snapshot_;
  state["snapshot_step"] = snapshot_step_;
  // Between two updates the models' own buffers are enough.
  bool apart = action_ == Action::kSkip && (!copy_due_ || undo_due_);
  State::List buffers(kept_buffers_.begin(), kept_buffers_.end());
  state["buffers"] = apart ? State(std::move(buffers)) : State();
  return state;
}

void NanPolicy::load_state(const State& state) {
  events_ = state.at("events").as_integer();
  undo_due_ = state.at("undo_due").as_bool();
  snapshot_ = state.at("snapshot").clone();
  snapshot_step_ = state.at("snapshot_step").as_integer();
  restored_ = !snapshot_.is_null();
  const State& buffers = state.at("buffers");
  copy_due_ = buffers.is_null();
  if (copy_due_) return;
  kept_buffers_.clear();
  for (const State& buffer : buffers.as_list()) {
    kept_buffers_.push_back(buffer.as_tensor().clone());
  }
}

}  // namespace thexp
