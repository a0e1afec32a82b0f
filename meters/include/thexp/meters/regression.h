#pragma once

#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// Σ (prediction - target)² / number of elements.
class MeanSquaredError : public MeanMetric {
 public:
  std::string name() const override { return "mse"; }
  bool higher_is_better() const override { return false; }

  /// Two tensors of one shape, which is not empty. Nothing is broadcast.
  /// @throws UsageError showing the shapes if not.
  void update(const at::Tensor& predictions,
              const at::Tensor& targets) override;
};

/// Σ |prediction - target| / number of elements.
class MeanAbsoluteError : public MeanMetric {
 public:
  std::string name() const override { return "mae"; }
  bool higher_is_better() const override { return false; }

  /// As MeanSquaredError's.
  void update(const at::Tensor& predictions,
              const at::Tensor& targets) override;
};

}  // namespace thexp
