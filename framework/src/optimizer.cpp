#include "thexp/framework/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "thexp/base/error.h"

namespace thexp {

void OptimizerSlot::attach(std::shared_ptr<torch::optim::Optimizer> optimizer) {
  optimizer_ = std::move(optimizer);
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

std::vector<at::Tensor> OptimizerSlot::parameters() const {
  std::vector<at::Tensor> all;
  for (const auto& group : optimizer_->param_groups()) {
    all.insert(all.end(), group.params().begin(), group.params().end());
  }
  return all;
}

// Pending gradients are kept in units of the newest batch's mean loss: the sum
// over the window's batches j of (n_j / n_newest) * gradient_j. Equal batches
// need no work at all.
void OptimizerSlot::begin_batch(std::int64_t examples, bool closes) {
  if (pending_) {
    if (examples != batch_examples_) {
      scale_gradients(static_cast<double>(batch_examples_) /
                      static_cast<double>(examples));
    }
  } else {
    window_examples_ = 0;
  }
  batch_examples_ = examples;
  window_examples_ += examples;
  closes_ = closes;
  accumulating_ = pending_ || !closes;
  stepped_in_batch_ = false;
}

void OptimizerSlot::drop_pending() {
  pending_ = false;
  zero_grad();
}

void OptimizerSlot::zero_grad() {
  if (pending_) return;  // the window's gradients still add up
  for (auto& group : optimizer_->param_groups()) {
    for (at::Tensor& parameter : group.params()) {
      parameter.mutable_grad().reset();
    }
  }
}

bool OptimizerSlot::begin_update() {
  if (accumulating_) {
    if (stepped_in_batch_) {
      throw UsageError(fmt::format(
          "optimizer '{}' steps twice in one batch; that and `accumulate` > 1 "
          "exclude each other",
          name_));
    }
    stepped_in_batch_ = true;
    pending_ = !closes_;
    if (!closes_) return false;
    scale_gradients(static_cast<double>(batch_examples_) /
                    static_cast<double>(window_examples_));
  }
  return hooks_->before_update(*this);
}

void OptimizerSlot::end_update() {
  ++updates_;
  hooks_->after_update(*this);
}

void OptimizerSlot::flush() {
  if (!pending_) return;
  closes_ = true;
  stepped_in_batch_ = false;
  optimizer_->step();
  zero_grad();
}

void OptimizerSlot::scale_gradients(double factor) {
  at::NoGradGuard no_grad;
  for (const at::Tensor& parameter : parameters()) {
    at::Tensor gradient = parameter.grad();
    if (gradient.defined()) gradient.mul_(factor);
  }
}

}  // namespace thexp
