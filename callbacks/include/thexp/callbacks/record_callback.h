#pragma once

#include "thexp/trainer/callback.h"

namespace thexp {

/// Writes metrics to the run's metrics.jsonl: the training averages every
/// `log.every` steps and at an epoch's end ("train/loss"), the learning rates
/// ("lr/optim"), and each evaluation ("eval/acc", "test/acc").
class RecordCallback : public Callback {
 public:
  RecordCallback() { keep("recorded_step", recorded_step_); }

  int priority() const override { return kReport; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_eval_end(Trainer& trainer, const AvgMeter& average) override;
  void on_test_end(Trainer& trainer, const AvgMeter& average) override;

 private:
  void record_training(Trainer& trainer);

  int64_t recorded_step_ = -1;
  int64_t batches_ = -1;  // of an epoch; -1 where it has no end
};

}  // namespace thexp
