#pragma once

#include <ATen/core/Tensor.h>
#include <torch/optim/optimizer.h>

#include <functional>
#include <string>

#include "thexp/state/state.h"

namespace thexp {

/// Refuses a sparse gradient that the optimizer cannot update with, or whose
/// traces no checkpoint could carry. `name_of` says what a parameter is called.
/// @throws UsageError
void check_sparse_gradients(
    const std::string& optimizer_name,
    const torch::optim::Optimizer& optimizer,
    const std::function<std::string(const at::Tensor&)>& name_of);

/// A gradient for a checkpoint: itself when dense; a sparse one, with each
/// index once, as a dict of its parts. Null for an undefined one.
State gradient_state(const at::Tensor& gradient);

/// The gradient of `parameter` that gradient_state() gave, on its device.
/// @throws FormatError when it does not fit.
at::Tensor gradient_from(const State& state, const at::Tensor& parameter);

/// sum + factor * gradient, in its place where that is possible. A sparse sum
/// has each index once, so that a checkpoint holds it exactly.
void add_gradient(at::Tensor& sum, const at::Tensor& gradient, int64_t factor);

}  // namespace thexp
