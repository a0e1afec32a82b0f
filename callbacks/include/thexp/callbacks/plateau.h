#pragma once

#include <optional>
#include <string>

#include "thexp/callbacks/metric_callback.h"

namespace thexp {

class PlateauOptions {
 public:
  /// The metric to watch. Default "eval/loss".
  PlateauOptions& monitor(std::string name) {
    monitor_ = std::move(name);
    return *this;
  }
  /// Default: that of the registered Metric, else likely_mode() of the name.
  PlateauOptions& mode(Mode mode) {
    mode_ = mode;
    return *this;
  }
  /// What the rate is multiplied with, in (0, 1). Default 0.1.
  PlateauOptions& factor(double factor) {
    factor_ = factor;
    return *this;
  }
  /// Evaluations without improvement that are let pass. Default 10.
  PlateauOptions& patience(int64_t count) {
    patience_ = count;
    return *this;
  }
  /// Evaluations after a reduction that do not count. Default 0.
  PlateauOptions& cooldown(int64_t count) {
    cooldown_ = count;
    return *this;
  }
  /// No reduction takes a rate below it (a schedule may). Default 0.
  PlateauOptions& min_lr(double rate) {
    min_lr_ = rate;
    return *this;
  }
  /// A change up to this one is not an improvement. Default 0. Nor is a tie,
  /// which is a relative change up to 1e-6.
  PlateauOptions& min_delta(double delta) {
    min_delta_ = delta;
    return *this;
  }
  /// The optimizer's name; empty (default) means all.
  PlateauOptions& optimizer(std::string name) {
    optimizer_ = std::move(name);
    return *this;
  }

  const std::string& monitor() const { return monitor_; }
  std::optional<Mode> mode() const { return mode_; }
  double factor() const { return factor_; }
  int64_t patience() const { return patience_; }
  int64_t cooldown() const { return cooldown_; }
  double min_lr() const { return min_lr_; }
  double min_delta() const { return min_delta_; }
  const std::string& optimizer() const { return optimizer_; }

 private:
  std::string monitor_ = "eval/loss";
  std::optional<Mode> mode_;
  double factor_ = 0.1;
  int64_t patience_ = 10;
  int64_t cooldown_ = 0;
  double min_lr_ = 0;
  double min_delta_ = 0;
  std::string optimizer_;
};

/// Lowers the learning rates when a metric stops improving, as PyTorch's
/// ReduceLROnPlateau does (threshold_mode "abs", eps 0). Beside an LrSchedule
/// the reductions are a factor of whatever that one sets.
class Plateau : public MetricCallback {
 public:
  /// @throws UsageError for a factor outside (0, 1), and for a negative count,
  /// min_lr or min_delta.
  explicit Plateau(PlateauOptions options = {});

  /// @throws as MetricCallback; UsageError when there is no optimizer of that
  /// name.
  void on_train_begin(Trainer& trainer) override;
  void on_measured(Trainer& trainer, bool improved) override;

 private:
  void reduce(Trainer& trainer);

  PlateauOptions options_;
  int64_t bad_ = 0;
  int64_t cooling_ = 0;
};

}  // namespace thexp
