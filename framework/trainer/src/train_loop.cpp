// The training loop, top to bottom: run, epoch, step, the epoch's end, the end.
#include "train_loop.h"

#include "evaluation.h"
#include "thexp/base/error.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/phase_data.h"

namespace thexp {

TrainResult TrainLoop::run(Until until) {
  WithinLoop training(point_);  // refuses a loop inside of the loop
  batches_ = require_batches();
  // A signal that ended one loop ends those that the program starts after it.
  if (stop_.interrupted() && noted_interrupt() != 0) return result();
  forget_old_stops();
  checkpoints_.begin_training();
  if (batches_ == 0) until.expect_no_steps(at());  // else it would never end
  try {
    callbacks_.call<kTrainBegin>();
    position_.set_ended(false);
    // What on_train_begin drew was not drawn in a run that never stopped.
    beginning_.restore_random(rnd_);
    while (until.wants_more(at()) && !stop_.ends_training()) run_epoch(until);
  } catch (const std::exception& error) {
    failure_.end_training(error);  // rethrows, unless a callback handles it
  }
  return end();
}

int64_t TrainLoop::require_batches() const {
  if (!loaders_.has(Phase::kTrain)) {
    throw UsageError(
        "there is no training data; call add_loader(Phase::kTrain, …) in "
        "datasets()");
  }
  if (recorder_.has_ended()) {
    throw UsageError("this trainer's run has ended; make a new trainer");
  }
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
  callbacks_.call<kEpochBegin>();
  position_.begin_epoch();  // after the hooks: one that breaks is called again
}

void TrainLoop::run_step(Batch& batch) {
  const int64_t step = at().step, examples = batch.size();
  try {
    Within a_step(point_, Point::kStep);
    plan_.move_to_device(batch);
    registry_.begin_batch(examples);
    callbacks_.call<kBatchBegin>(batch);
    Meter meter = trainer_.train_batch(batch, at());  // the user's lines
    if (batch_ends_epoch()) registry_.close_windows();
    metrics_.train().update(meter, static_cast<double>(examples));
    position_.count_batch(examples);
    callbacks_.call<kBatchEnd>(batch, meter);
  } catch (const std::exception& error) {
    failure_.skip_batch_or_rethrow(error, step, examples);
  }
  // An epoch's last step is saved at the epoch's end.
  if (!is_epoch_over()) checkpoints_.after_step();
}

void TrainLoop::end_epoch() {
  registry_.close_windows();  // open where a callback cut the epoch short
  const Position before = position_;
  const State state = checkpoints_.before_epoch_end();
  position_.finish_epoch();
  try {
    Within hooks(point_, Point::kEpochHooks);
    callbacks_.call<kEpochEnd>();
  } catch (const EvaluationInterrupted&) {
    return reopen_epoch(before, state);
  }
  Within commit(point_, Point::kEpochCommit);
  recorder_.update_run_info();
  if (batches_ > 0) checkpoints_.require_best_metric();
  checkpoints_.after_epoch(no_epoch_left());
  callbacks_.destroy_removed();
}

// A signal has broken off the epoch's evaluation: a resume begins with it.
void TrainLoop::reopen_epoch(const Position& before, const State& state) {
  point_ = Point::kBetweenSteps;
  position_ = before;
  stop_.interrupt(interrupt_name());
  checkpoints_.save_rest(state);
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
  return no_epoch_left() && position_.has_ended() &&
         beginning_.awaits_first_step();
}

bool TrainLoop::goes_on(const Until& until) const {
  return !is_epoch_over() && !stop_.ends_training() && until.wants_more(at());
}

bool TrainLoop::is_epoch_over() const {
  return at().batch >= batches_ || stop_.ends_epoch();
}

// While its batch is not counted yet.
bool TrainLoop::batch_ends_epoch() const {
  return at().batch + 1 == batches_ || stop_.ends_epoch();
}

bool TrainLoop::no_epoch_left() const {
  return at().epoch >= trainer_.epochs_wanted() || stop_.ends_training();
}

}  // namespace thexp
