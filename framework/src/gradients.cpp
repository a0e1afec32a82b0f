#include "thexp/framework/gradients.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "thexp/base/error.h"

namespace thexp {
namespace {

std::vector<at::Tensor> gradients_of(
    const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

void check_positive(const char* name, double value) {
  if (!(value > 0)) {
    throw UsageError(fmt::format("{} must be positive, not {}", name, value));
  }
}

}  // namespace

at::Tensor gradient_norm(const std::vector<at::Tensor>& parameters) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> norms;
  for (const at::Tensor& gradient : gradients_of(parameters)) {
    at::Tensor norm = at::linalg_vector_norm(gradient);
    norms.push_back(norms.empty() ? norm : norm.to(norms.front().device()));
  }
  if (norms.empty()) return at::zeros({});
  return norms.size() == 1 ? norms.front()
                           : at::linalg_vector_norm(at::stack(norms));
}

at::Tensor clip_gradient_norm(const std::vector<at::Tensor>& parameters,
                              double max_norm) {
  check_positive("max_norm", max_norm);
  at::NoGradGuard no_grad;
  at::Tensor norm = gradient_norm(parameters);
  // The 1e-6 is torch.nn.utils.clip_grad_norm_'s.
  at::Tensor scale = norm.add(1e-6).reciprocal_().mul_(max_norm).clamp_max_(1);
  scale.add_(norm.sub(norm));  // NaN where the norm is infinite
  for (at::Tensor& gradient : gradients_of(parameters)) {
    gradient.mul_(scale.to(gradient.device()));
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
