#include "thexp/meters/perplexity.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <fmt/format.h>

#include <cmath>

#include "on_device.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

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
  at::Tensor tokens = targets.to(at::kLong).reshape({-1});
  at::Tensor counts = tokens.ne(ignore_index_);
  at::Tensor fits = detail::is_in_range(tokens, rows.size(1))
                        .bitwise_or_(counts.bitwise_not());
  if (tokens.is_cpu()) check_range(tokens, fits, rows.size(1));
  at::Tensor nll = at::cross_entropy_loss(
      rows, tokens.masked_fill(fits.bitwise_not(), ignore_index_),
      /*weight=*/{}, at::Reduction::None, ignore_index_);
  add(detail::sum_if(fits, nll), counts.sum());
}

void Perplexity::check_range(const at::Tensor& targets,
                             const at::Tensor& fits,
                             int64_t classes) const {
  if (fits.all().item<bool>()) return;
  int64_t row = fits.to(at::kByte).argmin().item<int64_t>();
  throw UsageError(fmt::format(
      "Perplexity: token {} at place {} is neither within 0 and {} nor the "
      "ignored index {}",
      targets[row].item<int64_t>(), row, classes - 1, ignore_index_));
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
