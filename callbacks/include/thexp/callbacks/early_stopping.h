#pragma once

#include <string>

#include "thexp/callbacks/monitor.h"
#include "thexp/trainer/callback.h"

namespace thexp {

class EarlyStoppingOptions {
 public:
  /// The metric to watch. Default "eval/loss".
  EarlyStoppingOptions& monitor(std::string name) {
    monitor_ = std::move(name);
    return *this;
  }
  /// Default: less is better.
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
  Mode mode() const { return mode_; }
  int64_t patience() const { return patience_; }
  double min_delta() const { return min_delta_; }

 private:
  std::string monitor_ = "eval/loss";
  Mode mode_ = Mode::kMin;
  int64_t patience_ = 5;
  double min_delta_ = 0;
};

/// Stops training when a metric has not improved for `patience` evaluations.
/// The count and the best value are in the checkpoint; calling train() again
/// after the stop begins a new count.
class EarlyStopping : public Callback {
 public:
  /// @throws UsageError for a patience below 1 or a min_delta below 0.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  int priority() const override { return kMonitor; }
  /// @throws UsageError when there is no data to evaluate the metric on.
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;
  void load_state(const State& state) override;

  /// Evaluations since the last improvement.
  int64_t waited() const { return waited_; }
  double best() const { return monitor_.best(); }

 private:
  void stop(Trainer& trainer);

  EarlyStoppingOptions options_;
  Monitor monitor_;
  int64_t waited_ = 0;
  bool stopped_ = false;  // by this object, not before a resume
};

}  // namespace thexp
