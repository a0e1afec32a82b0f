#include "thexp/callbacks/logger_callback.h"

#include <fmt/format.h>

#include <utility>

#include "thexp/base/clock.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/trainer/trainer.h"
#include "where.h"

namespace thexp {
namespace {

using Steady = std::chrono::steady_clock;

std::string since(Steady::time_point begin) {
  return format_duration(Steady::now() - begin);
}

std::string describe(const BatchSource& source) {
  if (!source.has_data()) {
    return "no data set, " +
           (source.batches() ? plural(*source.batches(), "step") + " an epoch"
                             : std::string("steps without an end"));
  }
  std::string batches = source.batches() ? plural(*source.batches(), "batch")
                                         : std::string("endless");
  if (!source.examples()) return batches;
  return fmt::format("{}, {}", plural(*source.examples(), "example"), batches);
}

// What is not at its default, as one would write it on the command line.
std::string changed_params(const TrainerParams& params) {
  std::vector<std::string> changed;
  for (const std::string& key : params.keys()) {
    if (params.origin(key) == "default") continue;
    const Value& value = params[key];
    changed.push_back(fmt::format(
        "--{}={}", key, value.is_text() ? value.as_text() : value.to_json()));
  }
  return changed.empty() ? "all at their defaults" : join(changed, " ");
}

// The phases whose data the run reads.
std::vector<Phase> phases_of(const RunPlan& plan) {
  if (!plan.trains()) return {plan.phase()};
  return {Phase::kTrain, Phase::kEval, Phase::kTest};
}

}  // namespace

void LoggerCallback::on_train_begin(Trainer& trainer) {
  // Going on in the middle of an epoch, there is no on_epoch_begin.
  if (line_begin_ == Time()) line_begin_ = Steady::now();
  evaluations_.clear();
  // The log of a resumed run reads as if it had never stopped.
  if (!trainer.resumed()) introduce(trainer);
}

void LoggerCallback::introduce(Trainer& trainer) {
  if (std::exchange(introduced_, true)) return;
  Logger& logger = trainer.logger();
  logger.info("run", trainer.run_folder().string());
  logger.info("params", changed_params(trainer.params()));
  for (Phase phase : phases_of(trainer.run_plan())) {
    if (!trainer.has_loader(phase)) continue;
    logger.info(fmt::format("{} data", phase_name(phase)),
                describe(trainer.loader(phase)));
  }
}

// Not in the log of a checkpoint: a run that is resumed ends later. A
// program that trains a few steps at a time hears of the last. The time is
// that of all these steps: of each process that the run had.
void LoggerCallback::on_train_saved(Trainer& trainer) {
  const Progress& at = trainer.progress();
  if (!trainer.stopping() && !trainer.is_trained()) return;
  bool by_steps = trainer.run_plan().counts_steps();
  std::string text = fmt::format(
      "{}{} in {}", by_steps ? "" : plural(at.epoch, "epoch") + ", ",
      plural(at.step, "step"),
      format_duration(trainer.active_run().duration()));
  if (trainer.stopping()) {
    trainer.logger().info("train stopped", text, trainer.stop_reason());
  } else {
    trainer.logger().info("train end", text);
  }
}

void LoggerCallback::on_epoch_begin(Trainer& trainer) {
  if (!trainer.run_plan().counts_steps()) line_begin_ = Steady::now();
}

void LoggerCallback::on_epoch_end(Trainer& trainer) {
  write_averages(trainer, where_in_training(trainer));
}

bool LoggerCallback::wants_step_end(const Trainer&) const {
  return !evaluations_.empty();
}

void LoggerCallback::on_step_end(Trainer& trainer) {
  write_averages(trainer, step_in_training(trainer));
}

// What was trained since the last such line, and its evaluations.
void LoggerCallback::write_averages(Trainer& trainer,
                                    const std::string& where) {
  std::string line = trainer.train_meter().summary();
  for (const std::string& evaluation : evaluations_) line += " | " + evaluation;
  evaluations_.clear();
  trainer.logger().info(where, line, since(line_begin_));
  if (trainer.run_plan().counts_steps()) line_begin_ = Steady::now();
}

// Outside of a training, an evaluation introduces itself.
void LoggerCallback::begin_evaluation(Trainer& trainer) {
  if (!trainer.run_plan().trains()) introduce(trainer);
  eval_begin_ = Steady::now();
}

void LoggerCallback::on_eval_begin(Trainer& trainer) {
  begin_evaluation(trainer);
}

void LoggerCallback::on_eval_end(Trainer& trainer, const AvgMeter& average) {
  note(trainer, "eval " + average.summary());
}

void LoggerCallback::on_test_begin(Trainer& trainer) {
  begin_evaluation(trainer);
}

void LoggerCallback::on_predict_begin(Trainer& trainer) {
  begin_evaluation(trainer);
}

void LoggerCallback::on_test_end(Trainer& trainer, const AvgMeter& average) {
  note(trainer, "test " + average.summary());
}

// The line of an epoch or a step ends with its evaluations; one at any other
// moment has a line of its own.
void LoggerCallback::note(Trainer& trainer, const std::string& text) {
  if (trainer.at_epoch_end() || trainer.at_step_end()) {
    evaluations_.push_back(text);
  } else {
    trainer.logger().info(text, since(eval_begin_));
  }
}

ExceptionAction LoggerCallback::on_exception(Trainer& trainer,
                                             const std::exception& error) {
  const Progress& at = trainer.progress();
  bool over = trainer.at_epoch_end() || trainer.is_trained();
  // LibTorch appends its C++ stack: the first line says what happened.
  std::string first_line = split(error.what(), '\n').front();
  trainer.logger().error(
      fmt::format("epoch {}, step {}", at.epoch + (over ? 0 : 1), at.step),
      first_line);
  return ExceptionAction::kRethrow;
}

}  // namespace thexp
