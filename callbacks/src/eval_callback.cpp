#include "thexp/callbacks/eval_callback.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

bool is_due(int64_t epoch, int every) {
  return every > 0 && epoch % every == 0;
}

// train_steps() and train_epoch() may end before training does, and
// nobody who interrupts a program wants to wait for an evaluation.
bool is_over(const Trainer& trainer) {
  bool interrupted = trainer.interrupted() || noted_interrupt() != 0;
  if (trainer.stopping()) return !interrupted;
  return trainer.progress().epoch >= trainer.epochs_wanted();
}

}  // namespace

EvalCallback::EvalCallback(int eval_every, int test_every)
    : eval_every_(eval_every), test_every_(test_every) {
  if (eval_every < 0 || test_every < 0) {
    throw UsageError(
        fmt::format("EvalCallback({}, {}): a number of epochs, or 0 for never",
                    eval_every, test_every));
  }
  keep("evaluated_step", evaluated_step_);
  keep("tested_step", tested_step_);
}

void EvalCallback::on_epoch_end(Trainer& trainer) {
  const Progress& at = trainer.progress();
  if (is_due(at.epoch, eval_every_)) {
    evaluated_step_ = at.step;
    trainer.eval();
  }
  // Without test data there is nothing to say until somebody asks for it.
  if (is_due(at.epoch, test_every_) && trainer.has_loader(Phase::kTest)) {
    tested_step_ = at.step;
    trainer.test();
  }
}

void EvalCallback::on_train_end(Trainer& trainer) {
  if (!is_over(trainer)) return;
  int64_t step = trainer.progress().step;
  if (eval_every_ > 0 && evaluated_step_ != step) {
    evaluated_step_ = step;
    trainer.eval();
  }
  if (test_every_ > 0 && tested_step_ != step &&
      trainer.has_loader(Phase::kTest)) {
    tested_step_ = step;
    trainer.test();
  }
}

}  // namespace thexp
