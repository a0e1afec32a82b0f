#pragma once

#include <cstdint>
#include <string>

#include "thexp/callbacks/monitor.h"
#include "thexp/trainer/callback.h"

namespace thexp {

/// A callback that reacts to a metric whenever it was measured anew: after each
/// evaluation or test, wherever that comes, and "train/…" at the end of an
/// epoch, or at an evaluation where training is by steps. Derive from it to
/// write one of your own:
///
///     struct Shout : thexp::MetricCallback {
///       Shout() : MetricCallback({"eval/acc", thexp::Mode::kMax}) {}
///       void on_measured(thexp::Trainer& trainer, bool improved) override {
///         if (improved) trainer.logger().info("a new best");
///       }
///     };
///
/// The best value is in the checkpoint.
class MetricCallback : public Callback {
 public:
  explicit MetricCallback(Monitor monitor);

  int priority() const override { return kMonitor; }

  /// The metric was measured; `improved`: it is the best so far, see
  /// Monitor::look().
  virtual void on_measured(Trainer& trainer, bool improved) = 0;

  /// @throws UsageError when there is no data to measure the metric on, or it
  /// is known that there is no such metric.
  void on_train_begin(Trainer& trainer) override;
  /// @throws UsageError when the first batch does not report a "train/…".
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_eval_end(Trainer& trainer, const AvgMeter& average) override;
  void on_test_end(Trainer& trainer, const AvgMeter& average) override;
  void load_state(const State& state) override;

  const Monitor& monitor() const { return monitor_; }
  double best() const { return monitor_.best(); }

 private:
  void look(Trainer& trainer);

  Monitor monitor_;
  int64_t seen_ = -1;     // the step whose value was looked at
  bool checked_ = false;  // that training reports it
};

}  // namespace thexp
