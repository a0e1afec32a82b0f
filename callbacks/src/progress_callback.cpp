#include "thexp/callbacks/progress_callback.h"

#include <fmt/format.h>

#include <vector>

#include "thexp/base/plural.h"
#include "thexp/tracking/progress_text.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

std::vector<double> rates_of(const Trainer& trainer) {
  std::vector<double> rates;
  for (const auto& slot : trainer.optimizers()) {
    std::vector<double> of_slot = slot->learning_rates();
    if (!of_slot.empty()) rates.push_back(of_slot.front());
  }
  return rates;
}

int64_t steps_of_training(const Trainer& trainer) {
  const Progress& at = trainer.progress();
  int64_t left =
      trainer.batches_per_epoch() * (trainer.epochs_wanted() - at.epoch) -
      at.batch;
  return at.step + left;
}

// "epoch 3/10": that of the newest step.
std::string epoch_of(const Trainer& trainer) {
  const Progress& at = trainer.progress();
  int64_t epoch = at.epoch + (at.batch > 0 ? 1 : 0);
  return "epoch " + share(epoch, trainer.epochs_wanted());
}

// Outside of a training there is no epoch to tell.
std::string name_of(const Trainer& trainer, Phase phase) {
  const char* name = phase_name(phase);
  if (!trainer.run_plan().trains()) return name;
  return fmt::format("{} | {}", epoch_of(trainer), name);
}

}  // namespace

// Also where training goes on in the middle of an epoch.
void ProgressCallback::on_train_begin(Trainer& trainer) {
  if (!training_) training_.emplace(trainer.progress().step);
  on_epoch_begin(trainer);
}

void ProgressCallback::on_epoch_begin(Trainer& trainer) {
  epoch_ = Pace(trainer.progress().batch);
  examples_ = Pace(trainer.progress().examples);
  last_batch_ = trainer.batches_per_epoch();
}

void ProgressCallback::on_batch_end(Trainer& trainer,
                                    const Batch&,
                                    const Meter&) {
  Logger& logger = trainer.logger();
  if (trainer.progress().batch == last_batch_) {
    logger.clear_inline();
  } else if (logger.wants_frame()) {
    logger.inline_line(frame(trainer));
  }
}

std::string ProgressCallback::frame(const Trainer& trainer) const {
  const Progress& at = trainer.progress();
  ProgressText text;
  text.position(at.batch)
      .total(last_batch_)
      .meters(trainer.train_meter().to_string())
      .elapsed(epoch_.elapsed())
      .learning_rates(rates_of(trainer))
      .rate(examples_.rate(at.examples));
  if (auto left = epoch_.left(at.batch, last_batch_)) text.remaining(*left);
  if (auto left = training_->left(at.step, steps_of_training(trainer))) {
    text.left(*left);
  }
  return epoch_of(trainer) + " | " + text.to_string();
}

void ProgressCallback::on_eval_begin(Trainer& trainer) {
  begin_phase(trainer, Phase::kEval);
}

void ProgressCallback::on_test_begin(Trainer& trainer) {
  begin_phase(trainer, Phase::kTest);
}

void ProgressCallback::on_predict_begin(Trainer& trainer) {
  begin_phase(trainer, Phase::kPredict);
}

// Said at once: its first batch may take long.
void ProgressCallback::begin_phase(Trainer& trainer, Phase phase) {
  phase_ = Pace();
  trainer.logger().inline_line(name_of(trainer, phase));
}

void ProgressCallback::on_phase_batch_end(Trainer& trainer,
                                          const PhaseProgress& at) {
  Logger& logger = trainer.logger();
  if (at.batch == at.batches) {
    logger.clear_inline();
  } else if (logger.wants_frame()) {
    logger.inline_line(frame(trainer, at));
  }
}

std::string ProgressCallback::frame(const Trainer& trainer,
                                    const PhaseProgress& at) const {
  ProgressText text;
  text.position(at.batch)
      .total(at.batches)
      .elapsed(phase_.elapsed())
      .rate(static_cast<double>(at.examples) / phase_.elapsed().count());
  return fmt::format("{} | {}", name_of(trainer, at.phase), text.to_string());
}

}  // namespace thexp
