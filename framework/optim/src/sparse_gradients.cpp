#include "sparse_gradients.h"

#include <ATen/ops/_sparse_coo_tensor_unsafe.h>
#include <fmt/format.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include "thexp/base/error.h"

namespace thexp {
namespace {

template <typename Optim>
bool is_a(const torch::optim::Optimizer& optimizer) {
  return dynamic_cast<const Optim*>(&optimizer) != nullptr;
}

template <typename Options>
const Options& options_of(const torch::optim::OptimizerParamGroup& group) {
  return static_cast<const Options&>(group.options());
}

// Why a group's sparse gradients are refused; "" when they are not. A class of
// the user's own is left to itself.
std::string refusal(const torch::optim::Optimizer& optimizer,
                    const torch::optim::OptimizerParamGroup& group) {
  namespace optim = torch::optim;
  if (is_a<optim::Adam>(optimizer)) return "Adam knows only dense ones";
  if (is_a<optim::AdamW>(optimizer)) return "AdamW knows only dense ones";
  if (is_a<optim::RMSprop>(optimizer)) return "RMSprop knows only dense ones";
  if (is_a<optim::Adagrad>(optimizer)) {
    bool decays = options_of<optim::AdagradOptions>(group).weight_decay() != 0;
    return decays ? "Adagrad's weight_decay makes it dense" : "";
  }
  if (is_a<optim::SGD>(optimizer)) {
    const auto& options = options_of<optim::SGDOptions>(group);
    if (options.weight_decay() != 0) return "SGD's weight_decay makes it dense";
    if (options.momentum() != 0) {
      return "no checkpoint could carry SGD's sparse momentum";
    }
  }
  return "";
}

const State& part(const State& state, const char* name) {
  const State* found = state.find(name);
  if (found != nullptr) return *found;
  throw FormatError(fmt::format(
      "a sparse gradient is a dict of its indices, values and sizes, not {}",
      state.describe()));
}

State sizes_of(const at::Tensor& tensor) {
  return State::List(tensor.sizes().begin(), tensor.sizes().end());
}

at::Tensor sparse_from(const State& state, const at::Tensor& parameter) {
  const State& sizes = part(state, "sizes");
  if (!thexp::equal(sizes, sizes_of(parameter))) {
    throw FormatError(
        fmt::format("a sparse gradient of an open accumulation window is {}, "
                    "but its parameter is {}",
                    sizes.to_value().to_json(), State(parameter).describe()));
  }
  auto there = [&](const char* name) {
    const at::Tensor& tensor = part(state, name).as_tensor();
    return tensor.to(parameter.device(), /*non_blocking=*/false,
                     /*copy=*/true);
  };
  at::Tensor values = there("values");
  return at::_sparse_coo_tensor_unsafe(there("indices"), values,
                                       parameter.sizes(),
                                       values.options().layout(at::kSparse))
      ._coalesced_(true);
}

}  // namespace

void check_sparse_gradients(
    const std::string& optimizer_name,
    const torch::optim::Optimizer& optimizer,
    const std::function<std::string(const at::Tensor&)>& name_of) {
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : group.params()) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined() || !gradient.is_sparse()) continue;
      std::string reason = refusal(optimizer, group);
      if (reason.empty()) continue;
      throw UsageError(fmt::format(
          "optimizer '{}': the gradient of {} is sparse, and {}; use SGD "
          "without momentum, or Adagrad, both without weight_decay, or "
          "sparse(false) where the parameter is made",
          optimizer_name, name_of(parameter), reason));
    }
  }
}

State gradient_state(const at::Tensor& gradient) {
  if (!gradient.defined()) return {};
  if (!gradient.is_sparse()) return gradient;
  return State::Dict{{"indices", gradient._indices()},
                     {"values", gradient._values()},
                     {"sizes", sizes_of(gradient)}};
}

at::Tensor gradient_from(const State& state, const at::Tensor& parameter) {
  if (state.is_null()) return {};
  if (state.is_dict()) return sparse_from(state, parameter);
  const at::Tensor& sum = state.as_tensor();
  if (sum.sizes() != parameter.sizes()) {
    throw FormatError(fmt::format(
        "a gradient of an open accumulation window is {}, but its parameter is "
        "{}",
        state.describe(), State(parameter).describe()));
  }
  return sum.to(parameter.device(), /*non_blocking=*/false, /*copy=*/true);
}

void add_gradient(at::Tensor& sum, const at::Tensor& gradient, int64_t factor) {
  if (!sum.defined()) {
    sum = gradient.mul(factor);
  } else if (sum.is_sparse() && !gradient.is_sparse()) {
    sum = gradient.mul(factor).add_(sum);
  } else {
    sum.add_(gradient, factor);
  }
  if (sum.is_sparse()) sum = sum.coalesce();
}

}  // namespace thexp
