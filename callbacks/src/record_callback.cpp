#include "thexp/callbacks/record_callback.h"

#include <fmt/format.h>

#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

// The epoch to which the newest step belongs, counted from 1.
std::int64_t epoch_of(const Progress& at) {
  return at.epoch + (at.batch > 0 ? 1 : 0);
}

void record(Trainer& trainer, const char* phase, const AvgMeter& average) {
  const Progress& at = trainer.progress();
  MetricStore& store = trainer.run().metrics();
  for (const auto& [key, value] : average.values()) {
    store.record(fmt::format("{}/{}", phase, key), value, at.step,
                 epoch_of(at));
  }
}

}  // namespace

void RecordCallback::on_batch_end(Trainer& trainer,
                                  const Batch&,
                                  const Meter&) {
  // An epoch's last step here, before Plateau changes the rate.
  const Progress& at = trainer.progress();
  bool last = at.batch == trainer.batches_per_epoch();
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
    trainer.run().metrics().record("lr/" + slot->name(), rates.front(), at.step,
                                   epoch_of(at));
  }
}

}  // namespace thexp
