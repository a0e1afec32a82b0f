#include "thexp/optim/gradients.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thexp/base/error.h"
#include "thexp/state/tensor_lists.h"

namespace thexp {
namespace {

using Tensors = std::vector<at::Tensor>;

// The elements of all gradients; each index of a sparse one comes once, so that
// norms and limits are those of the sums.
Tensors gradients_of(const Tensors& parameters) {
  Tensors gradients;
  gradients.reserve(parameters.size());
  for (const at::Tensor& parameter : parameters) {
    const at::Tensor& gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (gradient.is_sparse() && !gradient.is_coalesced()) {
      parameter.mutable_grad() = gradient.coalesce();
    }
    gradients.push_back(stored_elements(parameter.grad()));
  }
  return gradients;
}

void check_positive(const char* name, double value) {
  if (!(value > 0)) {
    throw UsageError(fmt::format("{} must be positive, not {}", name, value));
  }
}

bool on_cpu(const Tensors& tensors) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const at::Tensor& tensor) { return tensor.is_cpu(); });
}

// On the CPU a number is at hand: a few sums instead of operations on tensors
// that are dearer than the small gradients themselves.
at::Tensor joined_on_host(const Tensors& norms) {
  double squares = 0;
  for (const at::Tensor& norm : norms) {
    double value = norm.item().toDouble();
    squares += value * value;
  }
  return at::scalar_tensor(std::sqrt(squares), at::kDouble)
      .to(norms.front().scalar_type());
}

at::Tensor norm_of(const Tensors& gradients) {
  if (gradients.empty()) return at::zeros({});
  Tensors norms = norm_each(gradients);
  if (norms.size() == 1) return norms.front();
  if (on_cpu(norms)) return joined_on_host(norms);
  for (at::Tensor& norm : norms) norm = norm.to(norms.front().device());
  return at::linalg_vector_norm(at::stack(norms));
}

// The 1e-6 is torch.nn.utils.clip_grad_norm_'s.
constexpr double kSmall = 1e-6;

void clip_on_host(const Tensors& gradients,
                  const at::Tensor& norm,
                  double max_norm) {
  double value = norm.item().toDouble();
  double scale = std::isfinite(value)
                     ? max_norm / (value + kSmall)
                     : std::numeric_limits<double>::quiet_NaN();
  if (scale >= 1) return;
  scale_each(gradients, at::scalar_tensor(scale, norm.options()));
}

void clip_on_device(const Tensors& gradients,
                    const at::Tensor& norm,
                    double max_norm) {
  at::Tensor scale =
      norm.add(kSmall).reciprocal_().mul_(max_norm).clamp_max_(1);
  scale.add_(norm.sub(norm));  // NaN where the norm is infinite
  scale_each(gradients, scale);
}

}  // namespace

at::Tensor stored_elements(const at::Tensor& gradient) {
  return gradient.is_sparse() ? gradient._values() : gradient;
}

at::Tensor gradient_norm(const std::vector<at::Tensor>& parameters) {
  at::NoGradGuard no_grad;
  return norm_of(gradients_of(parameters));
}

at::Tensor clip_gradient_norm(const std::vector<at::Tensor>& parameters,
                              double max_norm) {
  check_positive("max_norm", max_norm);
  at::NoGradGuard no_grad;
  Tensors gradients = gradients_of(parameters);
  at::Tensor norm = norm_of(gradients);
  if (on_cpu(gradients)) {
    clip_on_host(gradients, norm, max_norm);
  } else {
    clip_on_device(gradients, norm, max_norm);
  }
  return norm;
}

void clip_gradient_value(const std::vector<at::Tensor>& parameters,
                         double max_value) {
  check_positive("max_value", max_value);
  at::NoGradGuard no_grad;
  for (at::Tensor& gradient : gradients_of(parameters)) {
    gradient.clamp_(-max_value, max_value);
  }
}

}  // namespace thexp
