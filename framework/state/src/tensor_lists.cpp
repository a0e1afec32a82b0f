#include "thexp/state/tensor_lists.h"

#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/where.h>

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

#if THEXP_HAS_FOREACH
// Copies of one device and one type: on a GPU, one kernel does them all.
struct Alike {
  Tensors to, from;

  bool takes(const at::Tensor& tensor) const {
    const at::Tensor& first = to.front();
    return tensor.device() == first.device() &&
           tensor.scalar_type() == first.scalar_type();
  }
};

std::vector<Alike> sorted(const Tensors& to, const Tensors& from) {
  std::vector<Alike> groups;
  for (std::size_t i = 0; i < to.size(); ++i) {
    auto group =
        std::find_if(groups.begin(), groups.end(),
                     [&](const Alike& each) { return each.takes(to[i]); });
    if (group == groups.end()) group = groups.insert(group, Alike());
    group->to.push_back(to[i]);
    group->from.push_back(from[i]);
  }
  return groups;
}
#endif

#if !THEXP_HAS_FOREACH
// LibTorch 1.13's lerp_ takes one element after the other on the CPU: beyond
// some thousands, two vectorised operations are 2 to 3 times faster. It knows
// no half precision there.
void lerp_on_cpu(const at::Tensor& to, const at::Tensor& from, double weight) {
  at::ScalarType type = to.scalar_type();
  if (type == at::kHalf || type == at::kBFloat16) {
    to.copy_(to.to(at::kFloat).lerp_(from.to(at::kFloat), weight));
  } else if (to.numel() > 2048) {
    to.add_(from.sub(to), weight);
  } else {
    to.lerp_(from, weight);
  }
}
#endif

void lerp(const at::Tensor& to, const at::Tensor& from, double weight) {
#if !THEXP_HAS_FOREACH
  if (to.is_cpu()) return lerp_on_cpu(to, from, weight);
#endif
  to.lerp_(from, weight);
}

bool can_be_joined(const Tensors& tensors) {
  const at::Tensor& first = tensors.front();
  return std::all_of(tensors.begin(), tensors.end(),
                     [&](const at::Tensor& tensor) {
                       return tensor.scalar_type() == first.scalar_type() &&
                              tensor.device() == first.device();
                     });
}

at::Tensor joined(const Tensors& tensors) {
  Tensors flat;
  for (const at::Tensor& each : tensors) flat.push_back(each.reshape({-1}));
  return at::cat(flat);
}

// Parts of `flat` in the shapes of `like`.
Tensors parted(const at::Tensor& flat, const Tensors& like) {
  Tensors parts;
  int64_t begin = 0;
  for (const at::Tensor& each : like) {
    at::Tensor part = flat.narrow(0, begin, each.numel());
    parts.push_back(part.view(each.sizes()));
    begin += each.numel();
  }
  return parts;
}

}  // namespace

void copy_each(const Tensors& to, const Tensors& from) {
#if THEXP_HAS_FOREACH
  for (const Alike& group : sorted(to, from)) {
    at::_foreach_copy_(group.to, group.from);
  }
#else
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
#endif
}

void lerp_each(const Tensors& to, const Tensors& from, double weight) {
#if THEXP_HAS_FOREACH
  if (on_one_gpu(to)) return at::_foreach_lerp_(to, from, weight);
#endif
  for (std::size_t i = 0; i < to.size(); ++i) lerp(to[i], from[i], weight);
}

// As one tensor: buffers are many and small, and this takes several steps.
void lerp_finite_each(const Tensors& to, const Tensors& from, double weight) {
  if (to.empty()) return;
  if (!can_be_joined(to)) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      lerp_finite_each({to[i]}, {from[i]}, weight);
    }
    return;
  }
  at::Tensor mean = joined(to), given = joined(from);
  lerp(mean, given, weight);
  at::Tensor result = at::where(at::isfinite(mean), mean, given);
  copy_each(to, parted(result, to));
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

at::Tensor without_repeats(at::Tensor tensor, at::IntArrayRef strides) {
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    bool repeats = strides[static_cast<std::size_t>(i)] == 0;
    if (repeats && tensor.size(i) > 1) tensor = tensor.narrow(i, 0, 1);
  }
  return tensor;
}

at::Tensor without_repeats(const at::Tensor& tensor) {
  return without_repeats(tensor, tensor.strides());
}

}  // namespace thexp
