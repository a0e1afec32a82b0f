// The training loop, top to bottom: run, epoch, step, the epoch's end, the end.
#include "train_loop.h"

#include "thexp/base/error.h"
#include "thexp/trainer/interrupts.h"

namespace thexp {

TrainResult TrainLoop::run(Until until) {
  WithinLoop training(point_);  // refuses a loop inside of the loop
  require_data();
  if (stop_.interrupted() && noted_interrupt() != 0) return result();
  begin();
  if (batches_ == 0) until.expect_no_steps(at());
  try {
    callbacks_.call<kTrainBegin>();
    position_.set_ended(false);
    beginning_.restore_random(rnd_);
    while (until.wants_more(at()) && !stop_.training()) run_epoch(until);
  } catch (const std::exception& error) {
    failure_.end_training(error);  // rethrows, unless a callback handles it
  }
  return end();
}

void TrainLoop::run_epoch(const Until& until) {
  if (!position_.in_epoch()) begin_epoch();  // a resume goes on in the middle
  if (goes_on(until)) {
    auto batches = loaders_.stream(Phase::kTrain, at().epoch, at().batch);
    while (goes_on(until)) run_step(batches.next());
  }
  // An interrupt starts no long evaluation: the resume ends this epoch.
  if (is_epoch_over() && !stop_.only_interrupted()) end_epoch();
}

void TrainLoop::begin_epoch() {
  stop_.forget_epoch();
  metrics_.train().reset();
  callbacks_.call<kEpochBegin>();
  position_.begin_epoch();
}

void TrainLoop::run_step(Batch& batch) {
  const std::int64_t step = at().step, examples = batch.size();
  try {
    Within a_step(point_, Point::kStep);
    plan_.move_to_device(batch);
    registry_.begin_batch(examples);
    callbacks_.call<kBatchBegin>(batch);
    Meter meter = trainer_.train_batch(batch, at());  // the user's lines
    if (is_last_of_epoch()) registry_.close_windows();
    metrics_.train().update(meter, static_cast<double>(examples));
    position_.count_batch(examples);
    callbacks_.call<kBatchEnd>(batch, meter);
  } catch (const std::exception& error) {
    failure_.skip_batch_or_rethrow(error, step, examples);
  }
  // An epoch's last step is saved at the epoch's end.
  if (at().batch < batches_) checkpoints_.after_step();
}

void TrainLoop::end_epoch() {
  registry_.close_windows();  // open where a callback cut the epoch short
  position_.finish_epoch();
  {
    Within hooks(point_, Point::kEpochHooks);
    callbacks_.call<kEpochEnd>();
  }
  Within commit(point_, Point::kEpochEnd);
  recorder_.describe();
  if (batches_ > 0) checkpoints_.require_best_metric();
  checkpoints_.after_epoch(is_last_epoch());
  callbacks_.destroy_removed();
}

// What an interrupted training says and does at its end is no part of the
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
  }
  if (stop_.interrupted()) checkpoints_.tell_what_is_saved();
  return result();
}

void TrainLoop::save_rest() {
  recorder_.describe();
  checkpoints_.save_rest();
}

TrainResult TrainLoop::resume_finished() {
  WithinLoop training(point_);
  begin();
  try {
    beginning_.restore_random(rnd_);
    callbacks_.call<kTrainSaved>();
  } catch (const std::exception& error) {
    failure_.end_training(error);
  }
  return result();
}

TrainResult TrainLoop::result() {
  callbacks_.destroy_removed();
  return {!stop_.training(), stop_.reason()};
}

bool TrainLoop::is_finished() const {
  bool over = stop_.training() || is_last_epoch();
  return over && position_.has_ended() && beginning_.is_loaded();
}

void TrainLoop::require_data() {
  if (!loaders_.has(Phase::kTrain)) {
    throw UsageError(
        "there is no training data; call add_loader(Phase::kTrain, …) in "
        "datasets()");
  }
  if (recorder_.has_ended()) {
    throw UsageError("this trainer's run has ended; make a new trainer");
  }
  batches_ = loaders_.batches(Phase::kTrain);
  if (batches_ == 0 && plan_.limit(Phase::kTrain) != 0) {
    throw UsageError(
        "the training data gives no batch: it is empty, or smaller than one "
        "batch with drop_last");
  }
}

// A decision to stop that came with a checkpoint stays.
void TrainLoop::begin() {
  if (!beginning_.is_loaded()) stop_.forget_decision();
  stop_.forget_interrupt();
  checkpoints_.begin_training();
}

bool TrainLoop::goes_on(const Until& until) const {
  return !is_epoch_over() && !stop_.training() && until.wants_more(at());
}

bool TrainLoop::is_epoch_over() const {
  return at().batch >= batches_ || stop_.epoch();
}

// While its batch is not counted yet.
bool TrainLoop::is_last_of_epoch() const {
  return at().batch + 1 == batches_ || stop_.epoch();
}

bool TrainLoop::is_last_epoch() const {
  return at().epoch >= trainer_.epochs_wanted() || stop_.training();
}

}  // namespace thexp
