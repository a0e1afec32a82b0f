#pragma once

#include <cstdint>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

/// The coefficient of determination:
/// 1 - Σ (target - prediction)² / Σ (target - mean of the targets)².
///
/// Over all elements together: several columns have one mean, and make one
/// score. As scikit-learn's r2_score() of the flattened arrays, where targets
/// that are all the same give 1 when every prediction is right, and else 0.
///
/// Batches are put together by their means and squared deviations (Chan, Golub
/// and LeVeque, 1979), so that targets far from 0 lose no digits, in doubles
/// (floats on a device that knows no doubles).
class R2 : public Metric {
 public:
  std::string name() const override { return "r2"; }
  bool higher_is_better() const override { return true; }

  /// Two real tensors of one shape, which is not empty. Nothing is broadcast.
  /// @throws UsageError showing the shapes if not.
  void update(const at::Tensor& predictions,
              const at::Tensor& targets) override;

  /// At most 1; 0 for predicting the mean. NaN where one was seen.
  /// @throws UsageError of fewer than two elements.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

 private:
  template <typename Real>
  struct Moments {
    int64_t count = 0;
    Real mean{};        // of the targets
    Real deviations{};  // Σ (target - mean)²
    Real errors{};      // Σ (target - prediction)²
  };
  template <typename Real>
  static Moments<Real> merged(const Moments<Real>& a, const Moments<Real>& b);
  static Moments<double> on_host(const at::Tensor& predictions,
                                 const at::Tensor& targets);
  static Moments<at::Tensor> on_device(const at::Tensor& predictions,
                                       const at::Tensor& targets);
  static Moments<double> read(const Moments<at::Tensor>& moments);
  static Value state_of(const Moments<double>& moments);
  static Moments<double> from_state(const Value& state);
  void add_on_device(const Moments<at::Tensor>& batch);

  Moments<double> host_;
  Moments<at::Tensor> device_;  // 0-d each
};

}  // namespace thexp
