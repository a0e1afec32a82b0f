#pragma once

#include <cstdint>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// The share of rows whose label is among the `k` greatest logits, as a 0-d
/// float tensor on the logits' device. `logits`: [N, C], floating. `labels`:
/// [N], integers within 0 and C - 1. Of equal logits the one with the lower
/// index comes first; a row is wrong when its label's logit is NaN, and a NaN
/// comes before every other logit.
///
/// Contiguous float or double logits with int64 labels on the CPU take a plain
/// loop, others a few tensor operations; neither waits for a device.
/// @throws UsageError showing the shapes when they do not fit, when N is 0,
/// when k is not within 1 and C, and (on the CPU's plain loop only: a device
/// is not asked) when a label is out of range.
at::Tensor accuracy(const at::Tensor& logits,
                    const at::Tensor& labels,
                    int64_t k = 1);

/// accuracy() over many batches: correct examples / all examples.
class Accuracy : public MeanMetric {
 public:
  /// @throws UsageError when k < 1.
  explicit Accuracy(int64_t k = 1);

  /// "accuracy", or "top5_accuracy".
  std::string name() const override;
  bool higher_is_better() const override { return true; }

  /// `logits` [N, C] and `labels` [N], as in accuracy().
  void update(const at::Tensor& logits, const at::Tensor& labels) override;

 private:
  int64_t k_;
};

}  // namespace thexp
