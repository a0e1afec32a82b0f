#include "thexp/framework/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"

namespace thexp {

void OptimizerSlot::attach(std::shared_ptr<torch::optim::Optimizer> optimizer) {
  optimizer_ = std::move(optimizer);
  reductions_.assign(optimizer_->param_groups().size(), 1.0);
}

std::vector<double> OptimizerSlot::learning_rates() const {
  std::vector<double> rates;
  for (const auto& group : optimizer_->param_groups()) {
    rates.push_back(group.options().get_lr());
  }
  return rates;
}

void OptimizerSlot::set_learning_rates(const std::vector<double>& rates) {
  auto& groups = optimizer_->param_groups();
  if (rates.size() != groups.size()) {
    throw UsageError(
        fmt::format("optimizer '{}': {} learning rates for {} parameter groups",
                    name_, rates.size(), groups.size()));
  }
  for (std::size_t i = 0; i < rates.size(); ++i) {
    groups[i].options().set_lr(rates[i]);
  }
}

void OptimizerSlot::schedule_learning_rates(std::vector<double> rates) {
  reductions_.resize(rates.size(), 1.0);  // groups may have been added
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] *= reductions_[i];
  set_learning_rates(rates);
}

bool OptimizerSlot::reduce_learning_rates(double factor, double min) {
  std::vector<double> rates = learning_rates();
  reductions_.resize(rates.size(), 1.0);
  bool changed = false;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (!(rates[i] > min)) continue;
    changed = true;
    bool stops = rates[i] * factor < min;
    reductions_[i] *= stops ? min / rates[i] : factor;
    rates[i] = stops ? min : rates[i] * factor;
  }
  set_learning_rates(rates);
  return changed;
}

std::vector<at::Tensor> OptimizerSlot::parameters() const {
  std::vector<at::Tensor> all;
  for (const auto& group : optimizer_->param_groups()) {
    all.insert(all.end(), group.params().begin(), group.params().end());
  }
  return all;
}

void OptimizerSlot::zero_grad() {
  for (auto& group : optimizer_->param_groups()) {
    for (at::Tensor& parameter : group.params()) {
      parameter.mutable_grad().reset();
    }
  }
}

bool OptimizerSlot::begin_update() {
  if (window_ > 1 && !closing_) {
    put_gradients_aside();
    if (held_steps_ < window_) return false;
    take_gradients_back();
  }
  return hooks_->before_update(*this);
}

void OptimizerSlot::end_update() {
  ++updates_;
  hooks_->after_update(*this);
}

void OptimizerSlot::close_window() {
  if (held_steps_ == 0) return;
  take_gradients_back();
  closing_ = true;
  optimizer_->step();
  closing_ = false;
  zero_grad();
}

void OptimizerSlot::put_gradients_aside() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> all = parameters();
  held_.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    at::Tensor& gradient = all[i].mutable_grad();
    if (!gradient.defined()) continue;
    if (held_[i].defined()) {
      held_[i].add_(gradient, batch_examples_);
    } else {
      held_[i] = gradient.mul(batch_examples_);
    }
    gradient.reset();
  }
  held_examples_ += batch_examples_;
  ++held_steps_;
}

void OptimizerSlot::take_gradients_back() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> all = parameters();
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (!held_[i].defined()) continue;
    all[i].mutable_grad() = held_[i].div_(held_examples_);
  }
  held_.clear();
  held_examples_ = 0;
  held_steps_ = 0;
}

State OptimizerSlot::window_state() const {
  State::List held;
  for (const at::Tensor& sum : held_) {
    held.push_back(sum.defined() ? State(sum) : State());
  }
  State::List reductions;
  for (double factor : reductions_) reductions.emplace_back(factor);
  return State(State::Dict{{"updates", updates_},
                           {"reductions", std::move(reductions)},
                           {"held", std::move(held)},
                           {"held_examples", held_examples_},
                           {"held_steps", held_steps_}});
}

void OptimizerSlot::load_window_state(const State& state) {
  std::vector<at::Tensor> all = parameters();
  const State::List& held = state.at("held").as_list();
  if (!held.empty() && held.size() != all.size()) {
    throw FormatError(fmt::format(
        "optimizer '{}': the checkpoint holds {} gradients of an open "
        "accumulation window, the optimizer has {} parameters",
        name_, held.size(), all.size()));
  }
  held_.assign(held.size(), at::Tensor());
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (held[i].is_null()) continue;
    held_[i] = held[i].as_tensor().to(all[i].device(), /*non_blocking=*/false,
                                      /*copy=*/true);
  }
  updates_ = state.at("updates").as_integer();
  reductions_.clear();
  for (const State& factor : state.at("reductions").as_list()) {
    reductions_.push_back(factor.as_real());
  }
  held_examples_ = state.at("held_examples").as_integer();
  held_steps_ = state.at("held_steps").as_integer();
}

}  // namespace thexp
