#include "failure.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/trainer/error_message.h"

namespace thexp {

// The strongest answer of all callbacks counts.
ExceptionAction Failure::report(const std::exception& error) {
  auto strongest = ExceptionAction::kRethrow;
  from_.callbacks.each<kException>([&](Callback& callback) {
    strongest =
        std::max(strongest, callback.on_exception(from_.trainer, error));
    return true;
  });
  return strongest;
}

void Failure::report_unless_training(const std::exception& error) {
  if (from_.point == Point::kOutside) report(error);
}

void Failure::skip_batch_or_rethrow(const std::exception& error,
                                    int64_t step,
                                    int64_t examples) {
  ExceptionAction action = report(error);
  if (action == ExceptionAction::kRethrow) throw;
  from_.registry.zero_gradients();
  bool counted = from_.position.progress().step != step;
  if (!counted) from_.position.count_batch(examples);
  if (action == ExceptionAction::kStop) stop_because(error);
  from_.point = Point::kBetweenSteps;
}

void Failure::end_training(const std::exception& error) {
  // One of a batch was reported where it arose.
  ExceptionAction action =
      from_.point == Point::kStep ? ExceptionAction::kRethrow : report(error);
  if (action == ExceptionAction::kStop) {
    from_.point = Point::kBetweenSteps;
    stop_because(error);
    return;
  }
  from_.callbacks.each<kFailure>([&](Callback& callback) {
    attempt(callback.key() + " failed, too",
            [&] { callback.on_failure(from_.trainer, error); });
    return true;
  });
  attempt("nor could it be saved", [&] { save_what_is_whole(error); });
  close_run(error);
  throw;
}

void Failure::stop_because(const std::exception& error) {
  from_.stop.decide(fmt::format("exception: {}", error.what()));
}

// Whole steps that no checkpoint has yet are not lost with the run.
void Failure::save_what_is_whole(const std::exception& error) {
  if (from_.point == Point::kStep) return;
  bool in_hooks =
      from_.point == Point::kEpochHooks || from_.point == Point::kStepHooks;
  if (in_hooks) {
    save_half_ended(error);
  } else {
    from_.recorder.update_run_info();
    from_.checkpoints.save_rest();
  }
}

// A resume from here would leave out what the callbacks had still to do at
// the end of the step or the epoch, so it is not saved as a checkpoint.
void Failure::save_half_ended(const std::exception& error) {
  if (!from_.checkpoints.is_unsaved()) return;
  fs::path file =
      from_.checkpoints.save_keypoint(Value::Dict{{"exception", error.what()}});
  const Progress& at = from_.position.progress();
  std::string what = from_.point == Point::kStepHooks
                         ? fmt::format("step {}", at.step)
                         : fmt::format("epoch {}", at.epoch);
  from_.recorder.logger().info(
      what +
          " is trained, but its end broke; --resume repeats it, "
          "--resume=FILE begins after it",
      file.string());
}

// What goes wrong beside an exception is logged, but does not take its place.
void Failure::attempt(const std::string& message,
                      const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& second) {
    from_.recorder.logger().error(message, second.what());
  }
}

void Failure::close_run(const std::exception& error) {
  if (!from_.recorder.is_open() || from_.recorder.has_ended()) return;
  // While the run is still this process's.
  attempt("nor was a checkpoint saved", [this] { from_.checkpoints.flush(); });
  from_.recorder.fail(message_of(error));
}

}  // namespace thexp
