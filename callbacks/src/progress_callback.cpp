#include "thexp/callbacks/progress_callback.h"

#include <fmt/format.h>

#include <vector>

#include "thexp/tracking/progress_text.h"
#include "thexp/trainer/trainer.h"
#include "where.h"

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

void set_position(const Pace& pace,
                  int64_t done,
                  std::optional<int64_t> all,
                  ProgressText& text) {
  text.position(done).elapsed(pace.elapsed());
  if (!all) return;
  text.total(*all);
  if (auto left = pace.left(done, *all)) text.remaining(*left);
}

// Outside of a training there is no epoch to tell.
std::string name_of(const Trainer& trainer, Phase phase) {
  const char* name = phase_name(phase);
  if (!trainer.run_plan().trains()) return name;
  return fmt::format("{} | {}", where_in_training(trainer), name);
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
  counts_.clear();
  last_batch_ = trainer.batches_per_epoch();
  last_step_ = trainer.steps_wanted();
}

void ProgressCallback::on_batch_end(Trainer& trainer,
                                    const Batch&,
                                    const Meter& meter) {
  for (const auto& [unit, count] : meter.rates()) counts_[unit] += count;
  Logger& logger = trainer.logger();
  const Progress& at = trainer.progress();
  if (at.batch == last_batch_ || at.step == last_step_) {
    logger.clear_inline();
  } else if (logger.wants_frame()) {
    logger.inline_line(frame(trainer));
  }
}

// The steps of an epoch, or of all of the training where that counts in steps.
std::string ProgressCallback::frame(const Trainer& trainer) const {
  const Progress& at = trainer.progress();
  const bool by_steps = trainer.run_plan().counts_steps();
  ProgressText text;
  text.meters(trainer.train_meter().to_string())
      .learning_rates(rates_of(trainer))
      .rate(examples_.rate(at.examples));
  for (const auto& [unit, count] : counts_) {
    text.rate(count / epoch_.elapsed().count(), unit);
  }
  set_position(by_steps ? *training_ : epoch_, by_steps ? at.step : at.batch,
               by_steps ? last_step_ : last_batch_, text);
  if (by_steps) return "step " + text.to_string();
  if (last_step_) {
    if (auto left = training_->left(at.step, *last_step_)) text.left(*left);
  }
  return where_in_training(trainer) + " | " + text.to_string();
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
