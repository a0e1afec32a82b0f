// The training loop, top to bottom.
#include "thexp/trainer/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/interrupts.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

[[noreturn]] void throw_no_batches() {
  throw UsageError(
      "the training data gives no batch: it is empty, or smaller than one "
      "batch with drop_last");
}

}  // namespace

void throw_short_data(Phase phase, std::int64_t missing) {
  throw Error(
      fmt::format("the {} data ended {} batches before the end that its "
                  "batches() promised",
                  phase_name(phase), missing));
}

const char* phase_name(Phase phase) {
  constexpr const char* kNames[] = {"train", "eval", "test", "predict"};
  return kNames[index_of(phase)];
}

std::optional<Phase> metric_phase(const std::string& metric) {
  for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
    if (starts_with(metric, std::string(phase_name(phase)) + "/")) return phase;
  }
  return std::nullopt;
}

// Runs batches and the ends of epochs until it is told to stop.
class Trainer::Loop {
 public:
  explicit Loop(Trainer& trainer) : trainer_(trainer), parts_(*trainer.parts_) {
    trainer.setup();
    if (parts_.source(Phase::kTrain) == nullptr) {
      throw UsageError(
          "there is no training data; call add_loader(Phase::kTrain, …) in "
          "datasets()");
    }
    if (parts_.finished) {
      throw UsageError("this trainer's run has ended; make a new trainer");
    }
    was_interrupted_ = parts_.interrupted && noted_interrupt() != 0;
    if (was_interrupted_) return;
    if (parts_.restored_random.is_null()) {
      parts_.stop_train = false;
      parts_.stop_reason.clear();
    }
    parts_.interrupted = parts_.only_interrupted = false;
    parts_.exception_shown = false;
    parts_.in_loop = true;
    parts_.at_epoch_end = false;
    parts_.saved_time = std::chrono::steady_clock::now();
    total_ = parts_.batches(Phase::kTrain);
    if (total_ == 0 && parts_.limit(Phase::kTrain) != 0) throw_no_batches();
  }

  ~Loop() { parts_.in_loop = false; }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `body` between on_train_begin and on_train_end. Whoever trains a few
  // steps at a time does not go on after a signal.
  template <typename Body>
  TrainResult run(Body&& body) {
    if (was_interrupted_) return {false, parts_.stop_reason};
    guarded([&] {
      parts_.callbacks.call(kTrainBegin, &Callback::on_train_begin, trainer_);
      parts_.ended = false;
      restore_random();
      body();
    });
    guarded([&] { end(); });
    if (parts_.interrupted) say_what_is_saved();
    return result();
  }

  // True where a checkpoint of after the end was loaded, and nobody wants more.
  bool has_ended() const {
    bool over =
        parts_.stop_train || parts_.progress.epoch >= parts_.epochs_wanted();
    return over && parts_.ended && !parts_.restored_random.is_null();
  }

  // For a training that has: no callback does again what it did at the end.
  TrainResult end_again() {
    guarded([&] {
      restore_random();
      tell_saved();
    });
    return result();
  }

  // True when an epoch has no batches at all.
  bool empty() const { return total_ == 0; }

  // Runs at most `steps` batches of the epoch at hand, and its end when it is
  // reached. Returns the number of batches run.
  std::int64_t run_epoch(std::int64_t steps) {
    begin_epoch();
    std::int64_t first = parts_.progress.batch;
    std::int64_t last = std::min(total_, first + std::min(steps, total_));
    run_batches(last);
    std::int64_t done = parts_.progress.batch - first;
    bool over = parts_.progress.batch >= total_ || parts_.stop_epoch;
    // An interrupted run does not start a long evaluation: a resume does.
    if (over && !parts_.only_interrupted) end_epoch();
    return done;
  }

 private:
  Progress& progress() { return parts_.progress; }

  // An exception that no callback takes upon itself ends the run as failed.
  template <typename Action>
  void guarded(Action&& action) {
    try {
      action();
    } catch (const std::exception& error) {
      if (parts_.show(error) != ExceptionAction::kStop) fail(error);
      parts_.at_epoch_end = half_ended_ = false;
      stop_because(error);
    }
  }

  [[noreturn]] void fail(const std::exception& error) {
    std::exception_ptr thrown = std::current_exception();
    parts_.at_epoch_end = false;
    for (Callback* callback : parts_.callbacks.present(kFailure)) {
      attempt([&] { callback->on_failure(trainer_, error); },
              callback->key() + " failed, too");
    }
    // Whole steps that no checkpoint has yet are not lost with the run.
    if (!in_batch_) {
      attempt([&] { half_ended_ ? save_half_ended(error) : save_rest(); },
              "nor could it be saved");
    }
    parts_.fail(error);
    std::rethrow_exception(thrown);
  }

  // What goes wrong beside an exception is said, but does not take its place.
  template <typename Action>
  void attempt(Action&& action, const std::string& otherwise) {
    try {
      action();
    } catch (const std::exception& second) {
      trainer_.logger().error(otherwise, second.what());
    }
  }

  // A resume from here would leave out what the callbacks had still to do at
  // the epoch's end, so it is no checkpoint.
  void save_half_ended(const std::exception& error) {
    if (!is_rest_wanted()) return;
    fs::path file =
        trainer_.save_keypoint(Value::Dict{{"exception", error.what()}});
    trainer_.logger().info(
        fmt::format("epoch {} is trained, but its end broke; --resume repeats "
                    "it, --resume=FILE begins after it",
                    progress().epoch),
        file.string());
  }

  // What an interrupted training says and does at its end is no part of the
  // training that goes on later, so that it is saved before.
  void end() {
    if (parts_.only_interrupted) {
      save_rest();
      tell_end();
    } else {
      tell_end();
      save_rest();
    }
    tell_saved();
  }

  void tell_saved() {
    parts_.callbacks.call(kTrainSaved, &Callback::on_train_saved, trainer_);
  }

  TrainResult result() {
    parts_.callbacks.sweep();
    return {!parts_.stop_train, parts_.stop_reason};
  }

  void tell_end() {
    parts_.callbacks.call(kTrainEnd, &Callback::on_train_end, trainer_);
    parts_.ended = true;
  }

  // Saves the steps since the last checkpoint.
  void save_rest() {
    trainer_.describe_run();
    trainer_.flush_checkpoints();  // one that fails is to be saved again
    if (take_requests() || is_rest_wanted()) trainer_.save_checkpoint();
    trainer_.flush_checkpoints();
  }

  // Whoever pressed Ctrl-C wants to know.
  void say_what_is_saved() {
    std::string step = fmt::format("step {}", progress().step);
    if (parts_.saved_at == progress().step) {
      trainer_.logger().info("saved", step, "--resume goes on from there");
    } else if (progress().step > 0) {
      trainer_.logger().warn(step + " is not saved");
    }
  }

  bool saves_at_all() const {
    const TrainerParams& params = parts_.params;
    return !*params.fast_dev_run && (*params.checkpoint_every > 0 ||
                                     *params.checkpoint_every_steps > 0 ||
                                     *params.checkpoint_every_seconds > 0);
  }

  bool is_rest_wanted() const {
    bool unsaved = parts_.saved_at != parts_.progress.step;
    return saves_at_all() && unsaved && parts_.progress.step > 0;
  }

  // What on_train_begin drew was not drawn in a run that never stopped.
  void restore_random() {
    if (parts_.restored_random.is_null()) return;
    parts_.load_random(parts_.restored_random);
    parts_.restored_random = State();
  }

  void begin_epoch() {
    if (parts_.epoch_open) return;
    parts_.stop_epoch = false;
    parts_.train_meter.reset();
    parts_.callbacks.call(kEpochBegin, &Callback::on_epoch_begin, trainer_);
    parts_.epoch_open = true;
  }

  void run_batches(std::int64_t last) {
    if (goes_on(last)) stream_batches(last);
    // An interrupted run leaves that, with the epoch's end, to its resume.
    if (parts_.stop_epoch && !parts_.only_interrupted) close_windows();
  }

  bool goes_on(std::int64_t last) const {
    return parts_.progress.batch < last && !parts_.stop_train &&
           !parts_.stop_epoch;
  }

  void stream_batches(std::int64_t last) {
    auto stream =
        parts_.source(Phase::kTrain)
            ->stream(parts_.order_epoch(Phase::kTrain), progress().batch);
    Batch batch;
    while (goes_on(last)) {
      if (!stream->next(batch)) {
        throw_short_data(Phase::kTrain, total_ - progress().batch);
      }
      run_batch(batch);
    }
  }

  // No accumulation window reaches over an epoch's end.
  void close_windows() {
    for (auto& slot : parts_.optimizers) slot->close_window();
  }

  void run_batch(Batch& batch) {
    if (parts_.device.type() != at::kCPU) {
      batch = batch.to(parts_.device, /*non_blocking=*/true);
    }
    in_batch_ = true;
    counted_ = false;
    try {
      for (auto& slot : parts_.optimizers) slot->begin_batch(batch.size());
      parts_.callbacks.call(kBatchBegin, &Callback::on_batch_begin, trainer_,
                            batch);
      Meter meter = trainer_.train_batch(batch, progress());
      bool last = progress().batch + 1 == total_ || parts_.stop_epoch;
      if (last) close_windows();
      parts_.train_meter.update(meter, static_cast<double>(batch.size()));
      finish_batch(batch.size());
      parts_.callbacks.call(kBatchEnd, &Callback::on_batch_end, trainer_, batch,
                            meter);
    } catch (const std::exception& error) {
      if (!survive(error, batch.size())) throw;
    }
    in_batch_ = false;
    // An epoch's last step is saved at the epoch's end.
    if (progress().batch < total_ && is_checkpoint_due()) {
      trainer_.save_checkpoint();
    }
  }

  bool is_checkpoint_due() const {
    std::int64_t steps = *parts_.params.checkpoint_every_steps;
    double seconds = *parts_.params.checkpoint_every_seconds;
    if (steps > 0 && parts_.progress.step % steps == 0) return true;
    if (seconds <= 0) return false;
    auto now = std::chrono::steady_clock::now();
    return now - parts_.saved_time >= std::chrono::duration<double>(seconds);
  }

  void finish_batch(std::int64_t examples) {
    ++progress().batch;
    ++progress().step;
    progress().examples += examples;
    counted_ = true;
  }

  void end_epoch() {
    ++progress().epoch;
    progress().batch = 0;
    parts_.epoch_open = false;
    parts_.at_epoch_end = half_ended_ = true;
    parts_.callbacks.call(kEpochEnd, &Callback::on_epoch_end, trainer_);
    half_ended_ = false;
    trainer_.describe_run();
    require_best_metric();
    commit();
    parts_.at_epoch_end = false;
    parts_.callbacks.sweep();
  }

  // Which checkpoints stay is decided by a metric that exists. When it does
  // not, the epoch is saved all the same.
  void require_best_metric() const {
    if (*parts_.params.checkpoint_keep_best == 0 || total_ == 0) return;
    trainer_.fresh_metric(*parts_.params.checkpoint_best_metric);
  }

  void commit() {
    if (*parts_.params.fast_dev_run) return;  // keeps nothing
    bool requested = take_requests();
    std::int64_t every = *parts_.params.checkpoint_every;
    bool last = progress().epoch >= parts_.epochs_wanted() || parts_.stop_train;
    bool due = every > 0 && (last || progress().epoch % every == 0);
    if (due || is_checkpoint_due() || requested) trainer_.save_checkpoint();
  }

  // Notes what callbacks requested of this step. True when a checkpoint was,
  // and is not there yet, or is of before the request.
  bool take_requests() {
    if (*parts_.params.fast_dev_run) return false;
    std::int64_t step = progress().step;
    if (std::exchange(parts_.best_due, false)) parts_.best_at = step;
    bool is_new = std::exchange(parts_.checkpoint_due, false);
    if (is_new) parts_.requested_at = step;
    return is_new || (parts_.requested_at == step && parts_.saved_at != step);
  }

  // True when a callback takes the exception of a batch upon itself. The
  // batch counts as run: the next one is another.
  bool survive(const std::exception& error, std::int64_t examples) {
    ExceptionAction action = parts_.show(error);
    if (action == ExceptionAction::kRethrow) return false;
    for (auto& slot : parts_.optimizers) slot->zero_grad();
    if (!counted_) finish_batch(examples);
    parts_.exception_shown = false;
    if (action == ExceptionAction::kStop) stop_because(error);
    return true;
  }

  void stop_because(const std::exception& error) {
    trainer_.stop_train(fmt::format("exception: {}", error.what()));
  }

  Trainer& trainer_;
  Parts& parts_;
  std::int64_t total_ = 0;
  bool in_batch_ = false;    // a batch is under way
  bool counted_ = false;     // and is in the counters already
  bool half_ended_ = false;  // an epoch's end is under way in the callbacks
  bool was_interrupted_ = false;  // by a signal, and that ended the one before
};

TrainResult Trainer::train() {
  Loop loop(*this);
  auto all_epochs = [&] {
    while (parts_->progress.epoch < parts_->epochs_wanted() &&
           !parts_->stop_train) {
      loop.run_epoch(batches_per_epoch());
    }
  };
  TrainResult result =
      loop.has_ended() ? loop.end_again() : loop.run(all_epochs);
  if (!*parts_->params.fast_dev_run && !interrupted()) save_models();
  return result;
}

TrainResult Trainer::train_epoch() {
  Loop loop(*this);
  return loop.run([&] { loop.run_epoch(batches_per_epoch()); });
}

EpochRange Trainer::epochs(std::int64_t count) {
  if (count < 0) {
    throw UsageError(fmt::format("epochs: {} is no number of epochs", count));
  }
  setup();
  std::int64_t first = progress().epoch + 1;
  return {*this, first, first + count};
}

EpochRange::Iterator& EpochRange::Iterator::operator++() {
  epoch_ = trainer_->stopping() ? end_ : epoch_ + 1;
  return *this;
}

TrainResult Trainer::train_steps(std::int64_t count) {
  if (count < 0) {
    throw UsageError(
        fmt::format("train_steps: {} is no number of steps", count));
  }
  Loop loop(*this);
  return loop.run([&] {
    while (count > 0 && !parts_->stop_train) {
      count -= loop.run_epoch(count);
      if (loop.empty()) break;
    }
  });
}

void Trainer::stop_train(const std::string& reason) {
  if (parts_->stop_train && !parts_->only_interrupted) return;
  parts_->only_interrupted = false;
  parts_->stop_train = true;
  parts_->stop_reason = reason;
}

void Trainer::interrupt(const std::string& reason) {
  parts_->interrupted = true;
  if (parts_->stop_train) return;
  stop_train(reason);
  parts_->only_interrupted = true;
}

bool Trainer::interrupted() const { return parts_->interrupted; }

void Trainer::stop_epoch() { parts_->stop_epoch = true; }

bool Trainer::stopping() const { return parts_->stop_train; }

bool Trainer::at_epoch_end() const { return parts_->at_epoch_end; }

const std::string& Trainer::stop_reason() const { return parts_->stop_reason; }

void Trainer::Parts::fail(const std::exception& error) {
  if (finished || run == nullptr) return;
  finished = true;
  try {  // while the run is still this process's
    if (background != nullptr) background->flush();
  } catch (const std::exception& second) {
    trainer.logger().error("nor was a checkpoint saved", second.what());
  }
  try {
    run->fail(message_of(error));
  } catch (const FileError& second) {
    // What failed first is what the caller throws on.
    trainer.logger().error("nor could the run be recorded", second.what());
  }
  trainer.logger().flush();
}

void Trainer::Parts::shown(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    if (!in_loop) {
      exception_shown = false;
      show(error);
    }
    throw;
  }
}

ExceptionAction Trainer::Parts::show(const std::exception& error) {
  auto strongest = ExceptionAction::kRethrow;
  if (exception_shown) return strongest;
  exception_shown = true;
  for (Callback* callback :
       std::vector<Callback*>(callbacks.listeners(kException))) {
    strongest = std::max(strongest, callback->on_exception(trainer, error));
  }
  return strongest;
}

bool Trainer::Parts::before_update(OptimizerSlot& slot) {
  for (Callback* callback : callbacks.present(kUpdateBegin)) {
    if (!callback->on_update_begin(trainer, slot)) return false;
  }
  return true;
}

void Trainer::Parts::after_update(OptimizerSlot& slot) {
  callbacks.call(kUpdateEnd, &Callback::on_update_end, trainer, slot);
}

}  // namespace thexp
