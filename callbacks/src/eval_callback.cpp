#include "thexp/callbacks/eval_callback.h"

#include <fmt/format.h>

#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

bool is_multiple(int64_t count, int64_t every) {
  return every > 0 && count % every == 0;
}

void require_count(const char* option, std::optional<int64_t> count) {
  if (count.value_or(0) >= 0) return;
  throw UsageError(fmt::format("EvalOptions::{}({}): a count, or 0 for never",
                               option, *count));
}

// What the user gives wins over what the program was written with.
template <typename T>
T chosen(const Trainer& trainer, const Param<T>& param, std::optional<T> own) {
  const std::string& origin = trainer.params().origin(param.key());
  bool is_given = origin != "default" && origin != "program";
  return is_given || !own ? *param : *own;
}

// Where there is no data set at all, nobody misses one to evaluate on.
bool needs_none(const Trainer& trainer) {
  return !trainer.has_loader(Phase::kEval) &&
         !trainer.loader(Phase::kTrain).has_data();
}

// train_steps() and train_epoch() may end before training does, and
// nobody who interrupts a program wants to wait for an evaluation.
bool is_over(const Trainer& trainer) {
  bool interrupted = trainer.interrupted() || noted_interrupt() != 0;
  if (trainer.stopping()) return !interrupted;
  return trainer.is_trained();
}

}  // namespace

EvalCallback::EvalCallback(const EvalOptions& options) {
  set_options(options);
  keep("evaluated_step", evaluated_step_);
  keep("tested_step", tested_step_);
}

EvalCallback::EvalCallback(int eval_every, int test_every)
    : EvalCallback(EvalOptions().every(eval_every).test_every(test_every)) {}

void EvalCallback::set_options(const EvalOptions& options) {
  require_count("every", options.every());
  require_count("every_steps", options.every_steps());
  require_count("test_every", options.test_every());
  options_ = options;
}

void EvalCallback::on_train_begin(Trainer& trainer) {
  const TrainerParams& params = trainer.params();
  due_.eval_epochs = chosen(trainer, params.eval_every, options_.every());
  due_.eval_steps =
      chosen(trainer, params.eval_every_steps, options_.every_steps());
  due_.test_epochs = chosen(trainer, params.test_every, options_.test_every());
  due_.at_start = chosen(trainer, params.eval_at_start, options_.at_start());
  if (!std::exchange(tried_out_, true)) try_out(trainer);
}

// In a resume, too: its program may have changed.
void EvalCallback::try_out(Trainer& trainer) {
  if (due_.eval_epochs > 0 || due_.eval_steps > 0 || due_.at_start) {
    trainer.try_out_evaluation(Phase::kEval);
  }
  if (due_.test_epochs > 0) trainer.try_out_evaluation(Phase::kTest);
}

void EvalCallback::on_epoch_begin(Trainer& trainer) {
  if (due_.at_start && trainer.progress().step == 0) trainer.eval();
}

// An epoch's last step is evaluated at the epoch's end.
bool EvalCallback::wants_step_end(const Trainer& trainer) const {
  return step_is_due(trainer) && !trainer.ends_epoch();
}

// The last step, as well, where training ends within an epoch.
bool EvalCallback::step_is_due(const Trainer& trainer) const {
  if (is_multiple(trainer.progress().step, due_.eval_steps)) return true;
  bool evaluates = due_.eval_epochs > 0 || due_.eval_steps > 0;
  return evaluates && trainer.is_trained();
}

void EvalCallback::on_step_end(Trainer& trainer) { evaluate(trainer); }

void EvalCallback::on_epoch_end(Trainer& trainer) {
  const Progress& at = trainer.progress();
  bool is_due = is_multiple(at.epoch, due_.eval_epochs) || step_is_due(trainer);
  if (is_due) evaluate(trainer);
  if (is_multiple(at.epoch, due_.test_epochs)) test(trainer);
}

void EvalCallback::on_train_end(Trainer& trainer) {
  if (!is_over(trainer)) return;
  if (due_.eval_epochs > 0 || due_.eval_steps > 0) evaluate(trainer);
  if (due_.test_epochs > 0) test(trainer);
}

// Never twice at one step. It counts from its end on: one that is broken off
// comes again.
void EvalCallback::evaluate(Trainer& trainer) {
  const int64_t step = trainer.progress().step;
  if (evaluated_step_ == step || needs_none(trainer)) return;
  trainer.eval();
  evaluated_step_ = step;
}

// Without test data there is nothing to say until somebody asks for it.
void EvalCallback::test(Trainer& trainer) {
  const int64_t step = trainer.progress().step;
  if (tested_step_ == step || !trainer.has_loader(Phase::kTest)) return;
  trainer.test();
  tested_step_ = step;
}

}  // namespace thexp
