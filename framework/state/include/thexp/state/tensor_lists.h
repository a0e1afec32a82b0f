#pragma once

#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

// One operation on each tensor of a list: in one kernel for all of them on a
// GPU where this LibTorch has it, one by one elsewhere, with the
// same results. Lists that belong together have equal lengths and shapes. Call
// them without gradients. They never wait for the device.

/// to[i] = from[i]
void copy_each(const std::vector<at::Tensor>& to,
               const std::vector<at::Tensor>& from);

/// to[i] = to[i] + weight * (from[i] - to[i])
void lerp_each(const std::vector<at::Tensor>& to,
               const std::vector<at::Tensor>& from,
               double weight);

/// The same, except that an element which has no finite result is copied: the
/// mean of two equal infinities is that infinity, not NaN.
void lerp_finite_each(const std::vector<at::Tensor>& to,
                      const std::vector<at::Tensor>& from,
                      double weight);

/// tensors[i] = tensors[i] * factor, a 0-d tensor that is moved to where each
/// one is.
void scale_each(const std::vector<at::Tensor>& tensors,
                const at::Tensor& factor);

/// The 2-norm of each, 0-d tensors.
std::vector<at::Tensor> norm_each(const std::vector<at::Tensor>& tensors);

/// A view with each element once, where `strides` expand one over a whole
/// dimension: those of `tensor`, or of another tensor of its sizes. LibTorch
/// writes into no expanded tensor.
at::Tensor without_repeats(at::Tensor tensor, at::IntArrayRef strides);

/// The same of its own strides.
at::Tensor without_repeats(const at::Tensor& tensor);

}  // namespace thexp
