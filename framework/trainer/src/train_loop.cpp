// The training loop, top to bottom: run, epoch, step, the epoch's end, the end.
#include "train_loop.h"

#include <algorithm>

#include "evaluation.h"
#include "thexp/base/error.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/phase_data.h"

namespace thexp {

TrainResult TrainLoop::run(Until until) {
  WithinLoop training(point_);  // refuses a loop inside of the loop
  batches_ = require_batches(until);
  until_ = until;
  // What ended one loop ends those that the program starts after it.
  if (stop_.interrupted() && is_interrupt_noted()) return result();
  forget_old_stops();
  checkpoints_.begin_training();
  // No step is ever finished where an epoch has none.
  if (batches_ == 0 && until.counts_steps() && until.wants_more(at())) {
    until.epochs = at().epoch + 1;
  }
  try {
    callbacks_.call<kTrainBegin>();
    position_.set_ended(false);
    // What on_train_begin drew was not drawn in a run that never stopped.
    beginning_.restore_random(rnd_);
    while ((until.wants_more(at()) || is_end_open()) &&
           !stop_.ends_training()) {
      run_epoch(until);
    }
  } catch (const std::exception& error) {
    failure_.end_training(error);  // rethrows, unless a callback handles it
  }
  return end();
}

int64_t TrainLoop::require_batches(const Until& until) const {
  if (!loaders_.has(Phase::kTrain)) {
    throw UsageError(
        "there is no training data; call add_loader(Phase::kTrain, …) in "
        "datasets()");
  }
  if (recorder_.has_ended()) {
    throw UsageError("this trainer's run has ended; make a new trainer");
  }
  bool has_end = until.counts_steps() || plan_.max_time();
  if (has_end && !loaders_.has_end(Phase::kTrain)) return Until::kNever;
  int64_t batches = loaders_.batches(Phase::kTrain);
  if (batches == 0 && plan_.limit(Phase::kTrain) != 0) {
    throw UsageError(why_no_batches(trainer_, Phase::kTrain));
  }
  return batches;
}

// A decision that came with a checkpoint stays.
void TrainLoop::forget_old_stops() {
  if (!beginning_.awaits_first_step()) stop_.forget_decision();
  stop_.forget_interrupt();
}

void TrainLoop::run_epoch(const Until& until) {
  if (!position_.in_epoch()) begin_epoch();  // a resume goes on in the middle
  if (position_.step_is_open()) end_step();  // where a resume goes on with it
  if (goes_on(until)) {
    auto batches = loaders_.stream(Phase::kTrain, at().epoch, at().batch,
                                   position_.offset());
    while (goes_on(until)) run_step(batches.next());
  }
  // An interrupt starts no long evaluation: the resume ends this epoch.
  if (is_epoch_over() && !stop_.only_interrupted()) end_epoch();
}

void TrainLoop::begin_epoch() {
  stop_.forget_epoch();
  metrics_.train().reset();
  metric_set_.reset(Phase::kTrain);
  callbacks_.call<kEpochBegin>();
  position_.begin_epoch();  // after the hooks: one that breaks is called again
  checkpoints_.save_requested();
}

void TrainLoop::run_step(Batch& batch) {
  const int64_t step = at().step, examples = batch.size();
  try {
    Within a_step(point_, Point::kStep);
    plan_.move_to_device(batch);
    registry_.begin_batch(std::max<int64_t>(examples, 1));
    if (metrics_.begin_batch()) metric_set_.reset(Phase::kTrain);
    callbacks_.call<kBatchBegin>(batch);
    Meter meter = trainer_.train_batch(batch, at());  // the user's lines
    if (batch_ends_epoch()) registry_.close_windows();
    metrics_.train().update(meter, weight_of(batch));
    position_.count_batch(examples);
    recorder_.note_step();
    position_.set_step_open(true);  // until end_step()
    callbacks_.call<kBatchEnd>(batch, meter);
  } catch (const std::exception& error) {
    failure_.skip_batch_or_rethrow(error, step, examples);
  }
  if (time_limit_.is_over()) stop_.interrupt(time_limit_.reason());
  end_step();
}

// An epoch's last step is saved at the epoch's end.
void TrainLoop::end_step() {
  callbacks_.wants_step_end() ? run_step_hooks()
                              : position_.set_step_open(false);
  if (is_epoch_over() || position_.step_is_open()) return;
  checkpoints_.after_step();
}

void TrainLoop::run_step_hooks() {
  if (stop_.only_interrupted()) return;  // the resume goes on with them
  const State before = checkpoints_.before_hooks();
  if (plan_.counts_steps()) {
    metric_set_.read_into(Phase::kTrain, metrics_.train());
    metrics_.set_train_is_whole(true);
  }
  try {
    Within hooks(point_, Point::kStepHooks);
    callbacks_.call_step_end();
  } catch (const EvaluationInterrupted&) {
    return break_off(before);
  }
  position_.set_step_open(false);
  bool is_evaluated = metrics_.is_of_this_step(Phase::kEval);
  if (!is_evaluated) return metrics_.set_train_is_whole(false);
  recorder_.update_run_info();
  checkpoints_.require_best_metric();
}

void TrainLoop::end_epoch() {
  registry_.close_windows();  // open where a callback cut the epoch short
  const Position before = position_;
  const State state = checkpoints_.before_hooks();
  position_.finish_epoch();
  if (batches_ > 0) metric_set_.read_into(Phase::kTrain, metrics_.train());
  try {
    Within hooks(point_, Point::kEpochHooks);
    callbacks_.call<kEpochEnd>();
  } catch (const EvaluationInterrupted&) {
    position_ = before;
    return break_off(state);
  }
  Within commit(point_, Point::kEpochCommit);
  recorder_.update_run_info();
  if (batches_ > 0) checkpoints_.require_best_metric();
  checkpoints_.after_epoch(nothing_left());
  callbacks_.destroy_removed();
}

// A signal, or the end of the time, has broken off an evaluation: a resume
// begins with it.
void TrainLoop::break_off(const State& before) {
  point_ = Point::kBetweenSteps;
  stop_.interrupt(noted_interrupt() != 0 ? interrupt_name()
                                         : time_limit_.reason());
  checkpoints_.save_rest(before);
}

// What an interrupted training says and does at its end is not part of the
// training that goes on later, so it is saved before.
TrainResult TrainLoop::end() {
  const bool goes_on_later = stop_.only_interrupted();
  try {
    if (goes_on_later) save_rest();
    callbacks_.call<kTrainEnd>();
    position_.set_ended(true);
    if (!goes_on_later) save_rest();
    callbacks_.call<kTrainSaved>();
  } catch (const std::exception& error) {
    failure_.end_training(error);
    save_rest();  // a callback has handled it: nothing is lost
  }
  callbacks_.destroy_removed();
  if (stop_.interrupted()) checkpoints_.log_what_is_saved();
  return result();
}

void TrainLoop::save_rest() {
  recorder_.update_run_info();
  checkpoints_.save_rest();
}

TrainResult TrainLoop::resume_finished() {
  WithinLoop training(point_);
  forget_old_stops();
  checkpoints_.begin_training();
  try {
    beginning_.restore_random(rnd_);
    callbacks_.call<kTrainSaved>();
  } catch (const std::exception& error) {
    failure_.end_training(error);
  }
  callbacks_.destroy_removed();
  return result();
}

TrainResult TrainLoop::result() const {
  return {!stop_.ends_training(), stop_.reason()};
}

bool TrainLoop::is_finished() const {
  return nothing_left() && position_.has_ended() &&
         beginning_.awaits_first_step();
}

bool TrainLoop::goes_on(const Until& until) const {
  return !is_epoch_over() && !stop_.ends_training() && until.wants_more(at());
}

// An interrupt came before all was done that follows on a step or an epoch.
bool TrainLoop::is_end_open() const {
  return position_.step_is_open() || (position_.in_epoch() && is_epoch_over());
}

bool TrainLoop::is_epoch_over() const {
  return at().batch >= batches_ || stop_.ends_epoch();
}

// While its batch is not counted yet.
bool TrainLoop::batch_ends_epoch() const {
  return at().batch + 1 == batches_ || stop_.ends_epoch();
}

bool TrainLoop::is_at_end() const {
  return point_ == Point::kOutside || !until_.wants_more(at());
}

bool TrainLoop::nothing_left() const {
  return !plan_.until().wants_more(at()) || stop_.ends_training();
}

bool TrainLoop::is_interrupt_noted() const {
  return noted_interrupt() != 0 || time_limit_.is_over();
}

}  // namespace thexp
