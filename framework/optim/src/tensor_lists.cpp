#include "thexp/optim/tensor_lists.h"

#include <ATen/ops/_foreach_norm.h>

#include <algorithm>

#include "thexp/state/libtorch_compat.h"

namespace thexp {
namespace {

using Tensors = std::vector<at::Tensor>;

// One kernel is for one device.
[[maybe_unused]] bool on_one_gpu(const Tensors& tensors) {
  return !tensors.empty() && tensors.front().is_cuda() &&
         std::all_of(tensors.begin(), tensors.end(),
                     [&](const at::Tensor& tensor) {
                       return tensor.device() == tensors.front().device();
                     });
}

void lerp(const at::Tensor& to, const at::Tensor& from, double weight) {
#if !THEXP_HAS_FOREACH
  // LibTorch 1.13's lerp_ takes one element after the other on the CPU: beyond
  // some thousands, two vectorised operations are 2 to 3 times faster.
  if (to.is_cpu() && to.numel() > 2048) {
    to.add_(from.sub(to), weight);
    return;
  }
#endif
  to.lerp_(from, weight);
}

}  // namespace

void copy_each(const Tensors& to, const Tensors& from) {
#if THEXP_HAS_FOREACH
  if (on_one_gpu(to) && on_one_gpu(from)) return at::_foreach_copy_(to, from);
#endif
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

void lerp_each(const Tensors& to, const Tensors& from, double weight) {
#if THEXP_HAS_FOREACH
  if (on_one_gpu(to)) return at::_foreach_lerp_(to, from, weight);
#endif
  for (std::size_t i = 0; i < to.size(); ++i) lerp(to[i], from[i], weight);
}

void scale_each(const Tensors& tensors, const at::Tensor& factor) {
#if THEXP_HAS_FOREACH
  if (on_one_gpu(tensors) && factor.device() == tensors.front().device()) {
    return at::_foreach_mul_(tensors, factor);
  }
#endif
  for (const at::Tensor& tensor : tensors) {
    tensor.mul_(factor.to(tensor.device()));
  }
}

std::vector<at::Tensor> norm_each(const Tensors& tensors) {
  if (tensors.empty()) return {};
  return at::_foreach_norm(tensors, 2);
}

}  // namespace thexp
