#pragma once

#include <cstdint>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// The share of rows whose label is among the `k` greatest logits, as a 0-d
/// double tensor on the logits' device (float where that knows no double).
/// `logits`: [N, C], floating. `labels`: [N], integers within 0 and C - 1. Of
/// equal logits the one with the lower index comes first; a row is wrong when
/// its label's logit is NaN, and a NaN comes before every other logit.
///
/// Never waits for a device. Fastest on the CPU for contiguous float or double
/// logits with int64 labels.
/// @throws UsageError showing the shapes when they do not fit, when N is 0,
/// when k is not within 1 and C, and on the CPU when a label is out of range.
/// On a device the result is NaN then.
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

  /// @throws UsageError without examples, and when a label on a device was out
  /// of range.
  double value() const override;

 private:
  int64_t k_;
};

}  // namespace thexp
