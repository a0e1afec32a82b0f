#pragma once

#include <cstdint>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// exp(Σ negative log-likelihood / number of tokens), over all tokens seen.
class Perplexity : public MeanMetric {
 public:
  /// Targets that are `ignore_index` count for nothing: padding, as in
  /// torch::nn::functional::cross_entropy().
  explicit Perplexity(int64_t ignore_index = -100)
      : ignore_index_(ignore_index) {}

  std::string name() const override { return "perplexity"; }
  bool higher_is_better() const override { return false; }

  /// `logits` [..., C] and the true tokens [...], integers within 0 and C - 1
  /// or the ignored index.
  /// @throws UsageError showing the shapes when they do not fit, and on the CPU
  /// when a token is out of range. On a device the value is NaN then.
  void update(const at::Tensor& logits, const at::Tensor& targets) override;

  /// Adds the summed negative log-likelihood (one element, in nats) of
  /// `tokens` tokens. @throws UsageError when tokens < 1.
  void update_nll(const at::Tensor& summed_nll, int64_t tokens);

  double value() const override;

 private:
  void check_range(const at::Tensor& targets,
                   const at::Tensor& fits,
                   int64_t classes) const;

  int64_t ignore_index_;
};

}  // namespace thexp
