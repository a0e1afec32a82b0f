#include "thexp/meters/perplexity.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// No token has this index: cross_entropy_loss() is to leave none out.
constexpr int64_t kIgnoreNone = std::numeric_limits<int64_t>::min();

void check(const at::Tensor& logits, const at::Tensor& targets) {
  bool fits = logits.defined() && targets.defined() && logits.dim() >= 1 &&
              logits.sizes().slice(0, logits.dim() - 1) == targets.sizes() &&
              logits.numel() > 0 && logits.device() == targets.device() &&
              at::isFloatingType(logits.scalar_type()) &&
              at::isIntegralType(targets.scalar_type(), /*includeBool=*/false);
  if (fits) return;
  throw UsageError(fmt::format(
      "Perplexity takes floating logits [..., C] and integer targets [...] on "
      "one device, not empty, but they are {} and {}",
      detail::describe(logits), detail::describe(targets)));
}

}  // namespace

void Perplexity::update(const at::Tensor& logits, const at::Tensor& targets) {
  check(logits, targets);
  at::NoGradGuard no_grad;
  at::Tensor rows = logits.reshape({-1, logits.size(-1)});
  // On the CPU older versions have no softmax for half precision.
  if (rows.is_cpu()) rows = rows.to(at::kDouble);
  at::Tensor nll =
      at::cross_entropy_loss(rows, targets.to(at::kLong).reshape({-1}),
                             /*weight=*/{}, at::Reduction::None, kIgnoreNone);
  add(nll.sum(detail::widest_real(nll.device())), targets.numel());
}

void Perplexity::update_nll(const at::Tensor& summed_nll, int64_t tokens) {
  if (tokens < 1) {
    throw UsageError(fmt::format(
        "Perplexity: the sum is of 1 token or more, not {}", tokens));
  }
  add(summed_nll, tokens);
}

double Perplexity::value() const { return std::exp(MeanMetric::value()); }

}  // namespace thexp
