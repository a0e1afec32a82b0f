#pragma once

#include <cstdint>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// exp(Σ negative log-likelihood / number of tokens), over all tokens seen.
class Perplexity : public MeanMetric {
 public:
  std::string name() const override { return "perplexity"; }
  bool higher_is_better() const override { return false; }

  /// `logits` [..., C] and the true tokens [...], integers within 0 and C - 1;
  /// every token counts (there is no ignored index).
  /// @throws UsageError showing the shapes when they do not fit.
  void update(const at::Tensor& logits, const at::Tensor& targets) override;

  /// Adds the summed negative log-likelihood (one element, in nats) of
  /// `tokens` tokens. @throws UsageError when tokens < 1.
  void update_nll(const at::Tensor& summed_nll, int64_t tokens);

  double value() const override;
};

}  // namespace thexp
