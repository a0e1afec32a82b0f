#pragma once

#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

/// The elements that a gradient stores: all, or those of a sparse one (nnz, …),
/// in which an index may come more than once. Changing them changes it.
at::Tensor stored_elements(const at::Tensor& gradient);

/// The 2-norm of all gradients together, as a 0-d tensor on their device;
/// parameters without a gradient count as nothing. No device sync.
at::Tensor gradient_norm(const std::vector<at::Tensor>& parameters);

/// Scales all gradients so that their common 2-norm is at most `max_norm`, and
/// returns the norm before, a 0-d tensor on their device. Unlike LibTorch's
/// `clip_grad_norm_` it never waits for the device. A norm that is not finite
/// makes every gradient NaN: it does not pass unseen.
/// @throws UsageError when max_norm is not positive.
at::Tensor clip_gradient_norm(const std::vector<at::Tensor>& parameters,
                              double max_norm);

/// Clamps every element of every gradient to [-max_value, max_value].
/// @throws UsageError when max_value is not positive.
void clip_gradient_value(const std::vector<at::Tensor>& parameters,
                         double max_value);

}  // namespace thexp
