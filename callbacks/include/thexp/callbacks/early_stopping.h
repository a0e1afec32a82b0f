#pragma once

#include <optional>
#include <string>

#include "thexp/callbacks/metric_callback.h"

namespace thexp {

class EarlyStoppingOptions {
 public:
  /// The metric to watch. Default "eval/loss".
  EarlyStoppingOptions& monitor(std::string name) {
    monitor_ = std::move(name);
    return *this;
  }
  /// Default: that of the registered Metric, else likely_mode() of the name.
  EarlyStoppingOptions& mode(Mode mode) {
    mode_ = mode;
    return *this;
  }
  /// Evaluations without improvement before training stops. Default 5.
  EarlyStoppingOptions& patience(int64_t count) {
    patience_ = count;
    return *this;
  }
  /// A change up to this one is not an improvement. Default 0. Nor is a tie,
  /// which is a relative change up to 1e-6.
  EarlyStoppingOptions& min_delta(double delta) {
    min_delta_ = delta;
    return *this;
  }

  const std::string& monitor() const { return monitor_; }
  std::optional<Mode> mode() const { return mode_; }
  int64_t patience() const { return patience_; }
  double min_delta() const { return min_delta_; }

 private:
  std::string monitor_ = "eval/loss";
  std::optional<Mode> mode_;
  int64_t patience_ = 5;
  double min_delta_ = 0;
};

/// Stops training when a metric has not improved for `patience` evaluations.
/// The count and the best value are in the checkpoint; calling train() again
/// after the stop begins a new count.
class EarlyStopping : public MetricCallback {
 public:
  /// @throws UsageError for a patience below 1 or a min_delta below 0.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  /// @throws as MetricCallback
  void on_train_begin(Trainer& trainer) override;
  void on_measured(Trainer& trainer, bool improved) override;
  void load_state(const State& state) override;

  /// Evaluations since the last improvement.
  int64_t waited() const { return waited_; }

 private:
  void stop(Trainer& trainer);

  EarlyStoppingOptions options_;
  int64_t waited_ = 0;
  bool stopped_ = false;  // by this object, not before a resume
};

}  // namespace thexp
