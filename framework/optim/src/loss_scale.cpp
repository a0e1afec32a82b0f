#include "thexp/optim/loss_scale.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/optim/gradients.h"

namespace thexp {
namespace {

void require(bool right, const char* name, double value, const char* rule) {
  if (right) return;
  throw UsageError(
      fmt::format("GradScaler: {} is {}, it must be {}", name, value, rule));
}

using Group = std::pair<c10::Device, at::ScalarType>;

bool before(const Group& a, const Group& b) {
  auto key = [](const Group& group) {
    return std::make_tuple(group.first.type(), group.first.index(),
                           group.second);
  };
  return key(a) < key(b);
}

// The gradients by device and type, as the kernels want them.
std::map<Group, std::vector<at::Tensor>, decltype(&before)> gradients_of(
    const torch::optim::Optimizer& optimizer) {
  std::map<Group, std::vector<at::Tensor>, decltype(&before)> groups(before);
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : group.params()) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      if (gradient.scalar_type() == at::kHalf) {
        throw UsageError(
            "GradScaler: a gradient is float16, which is too narrow to be "
            "divided in; keep the parameters in float32 and compute the loss "
            "under autocast");
      }
      groups[{gradient.device(), gradient.scalar_type()}].push_back(
          stored_elements(gradient));
    }
  }
  return groups;
}

// LibTorch has these two kernels for CUDA alone (on the CPU since 2.3).
void unscale_on_cpu(std::vector<at::Tensor>& gradients,
                    at::Tensor& found_inf,
                    const at::Tensor& inverse) {
  for (at::Tensor& gradient : gradients) {
    if (!at::isfinite(gradient).all().item<bool>()) found_inf.fill_(1);
    gradient.mul_(inverse);
  }
}

// Products in double, then rounded: as LibTorch's kernel.
void update_on_cpu(at::Tensor& scale,
                   at::Tensor& tracker,
                   bool found_inf,
                   const LossScale::Growth& growth) {
  double now = scale.item<float>();
  if (found_inf) {
    scale.fill_(static_cast<float>(now * growth.backoff));
    tracker.zero_();
    return;
  }
  int64_t in_a_row = tracker.item<int>() + 1;
  if (in_a_row == growth.interval) {
    auto grown = static_cast<float>(now * growth.factor);
    if (std::isfinite(grown)) scale.fill_(grown);
    in_a_row = 0;
  }
  tracker.fill_(in_a_row);
}

}  // namespace

LossScale::LossScale(double initial, const Growth& growth)
    : growth_(growth), first_scale_(initial) {
  require(initial > 0 && std::isfinite(initial), "init_scale", initial,
          "above 0 and finite");
  require(growth.factor > 1 && std::isfinite(growth.factor), "growth_factor",
          growth.factor, "above 1 and finite");
  require(growth.backoff > 0 && growth.backoff < 1, "backoff_factor",
          growth.backoff, "between 0 and 1");
  require(growth.interval >= 1, "growth_interval",
          static_cast<double>(growth.interval), "at least 1");
}

void LossScale::make_tensors(at::Device device) {
  scale_ =
      at::full({}, first_scale_, at::TensorOptions(at::kFloat).device(device));
  growth_tracker_ =
      at::full({}, first_tracker_, at::TensorOptions(at::kInt).device(device));
}

at::Tensor LossScale::multiply(const at::Tensor& loss) {
  if (!scale_.defined()) make_tensors(loss.device());
  return loss.mul(scale_.to(loss.device(), /*non_blocking=*/true));
}

at::Tensor LossScale::unscale(const torch::optim::Optimizer& optimizer) const {
  if (!scale_.defined()) {
    throw UsageError(
        "GradScaler: gradients are to be unscaled, but no loss was scaled; "
        "call scale(loss).backward() in place of loss.backward()");
  }
  at::NoGradGuard no_grad;
  at::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  at::Tensor found = at::zeros({}, scale_.options());
  for (auto& [group, gradients] : gradients_of(optimizer)) {
    at::Tensor here = at::zeros({}, scale_.options().device(group.first));
    at::Tensor by = inverse.to(group.first, /*non_blocking=*/true);
    if (group.first.is_cpu()) {
      unscale_on_cpu(gradients, here, by);
    } else {
      at::_amp_foreach_non_finite_check_and_unscale_(gradients, here, by);
    }
    found.add_(here.to(found.device(), /*non_blocking=*/true));
  }
  return found;
}

void LossScale::update(const std::vector<at::Tensor>& found_inf) {
  at::NoGradGuard no_grad;
  at::Tensor found = at::zeros({}, scale_.options());
  for (const at::Tensor& each : found_inf) found.add_(each);
  if (scale_.is_cpu()) {
    update_on_cpu(scale_, growth_tracker_, found.item<float>() != 0, growth_);
  } else {
    at::_amp_update_scale_(scale_, growth_tracker_, found, growth_.factor,
                           growth_.backoff, growth_.interval);
  }
}

double LossScale::value() const {
  return scale_.defined() ? scale_.item<float>() : first_scale_;
}

State LossScale::state() const {
  int64_t tracker =
      scale_.defined() ? growth_tracker_.item<int>() : first_tracker_;
  return State::Dict{{"scale", value()},
                     {"growth_factor", growth_.factor},
                     {"backoff_factor", growth_.backoff},
                     {"growth_interval", growth_.interval},
                     {"_growth_tracker", tracker}};
}

void LossScale::load_state(const State& state) {
  Growth growth{state.at("growth_factor").as_real(),
                state.at("backoff_factor").as_real(),
                state.at("growth_interval").as_integer()};
  double scale = state.at("scale").as_real();
  int64_t tracker = state.at("_growth_tracker").as_integer();
  growth_ = growth;
  first_scale_ = scale;
  first_tracker_ = tracker;
  if (scale_.defined()) make_tensors(scale_.device());
}

}  // namespace thexp
