#include "thexp/callbacks/record_callback.h"

#include <fmt/format.h>

#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

void record(Trainer& trainer, const char* phase, const AvgMeter& average) {
  for (const auto& [key, value] : average.values()) {
    trainer.record(fmt::format("{}/{}", phase, key), value);
  }
}

}  // namespace

void RecordCallback::on_train_begin(Trainer& trainer) {
  batches_ = trainer.batches_per_epoch().value_or(-1);
}

void RecordCallback::on_batch_end(Trainer& trainer,
                                  const Batch&,
                                  const Meter&) {
  // The epoch's mean is recorded at its last batch, before Plateau changes the
  // rate; on_epoch_end() is for an epoch that is cut short.
  const Progress& at = trainer.progress();
  bool last = at.batch == batches_ || trainer.is_trained();
  if (last || at.step % *trainer.params().log_every == 0) {
    record_training(trainer);
  }
}

void RecordCallback::on_epoch_end(Trainer& trainer) {
  record_training(trainer);
}

void RecordCallback::on_eval_end(Trainer& trainer, const AvgMeter& average) {
  record(trainer, "eval", average);
}

void RecordCallback::on_test_end(Trainer& trainer, const AvgMeter& average) {
  record(trainer, "test", average);
}

void RecordCallback::record_training(Trainer& trainer) {
  const Progress& at = trainer.progress();
  if (recorded_step_ == at.step) return;
  recorded_step_ = at.step;
  record(trainer, "train", trainer.train_meter());
  for (const auto& slot : trainer.optimizers()) {
    std::vector<double> rates = slot->learning_rates();
    if (rates.empty()) continue;
    trainer.record("lr/" + slot->name(), rates.front());
  }
}

}  // namespace thexp
