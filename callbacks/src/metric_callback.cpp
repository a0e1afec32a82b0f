#include "thexp/callbacks/metric_callback.h"

#include <utility>

#include "thexp/trainer/trainer.h"

namespace thexp {

MetricCallback::MetricCallback(Monitor monitor) : monitor_(std::move(monitor)) {
  keep("best", monitor_.best_value());
  keep("seen", seen_);
}

void MetricCallback::on_train_begin(Trainer& trainer) {
  monitor_.check(trainer);
}

// What training reports is known after its first batch.
void MetricCallback::on_batch_end(Trainer& trainer,
                                  const Batch&,
                                  const Meter&) {
  if (std::exchange(checked_, true)) return;
  if (!monitor_.is_of(Phase::kTrain)) return;
  bool is_registered = trainer.metric_mode(monitor_.metric()).has_value();
  if (!is_registered) trainer.metric(monitor_.metric());  // throws
}

void MetricCallback::on_epoch_end(Trainer& trainer) { look(trainer); }

void MetricCallback::on_eval_end(Trainer& trainer, const AvgMeter&) {
  if (!monitor_.is_of(Phase::kTest)) look(trainer);
}

void MetricCallback::on_test_end(Trainer& trainer, const AvgMeter&) {
  if (!monitor_.is_of(Phase::kEval)) look(trainer);
}

// Once a step: an evaluation at an epoch's end is followed by on_epoch_end.
void MetricCallback::look(Trainer& trainer) {
  const int64_t step = trainer.progress().step;
  if (seen_ == step) return;
  Monitor::Verdict verdict = monitor_.look(trainer);
  if (verdict == Monitor::Verdict::kNoValue) return;
  seen_ = step;
  on_measured(trainer, verdict == Monitor::Verdict::kImproved);
}

// Format 1 did not have what was seen.
void MetricCallback::load_state(const State& state) {
  State whole = state;
  if (whole.find("seen") == nullptr) whole["seen"] = State(int64_t{-1});
  Callback::load_state(whole);
}

}  // namespace thexp
