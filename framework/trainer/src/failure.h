#pragma once

#include <exception>
#include <functional>
#include <string>

#include "callback_list.h"
#include "checkpoints.h"
#include "point.h"
#include "position.h"
#include "registry.h"
#include "run_recorder.h"
#include "stop.h"

namespace thexp {

/// What becomes of an exception: it is reported to callbacks, which may handle
/// it; else it ends the run, and nothing that was trained is lost with it.
/// Every method is called while the exception is being handled.
class Failure {
 public:
  struct Sources {
    Trainer& trainer;
    CallbackList& callbacks;
    RunRecorder& recorder;
    Registry& registry;
    Checkpoints& checkpoints;
    Position& position;
    Stop& stop;
    Point& point;
  };
  explicit Failure(const Sources& sources) : from_(sources) {}

  /// An exception of a batch of this many examples that began at `step`.
  /// Returns when a callback handles it: the batch counts as run, the next
  /// one is another. Else rethrows.
  void skip_batch_or_rethrow(const std::exception& error,
                             int64_t step,
                             int64_t examples);

  /// An exception that has left the loop. Returns when a callback lets
  /// training end in order. Else it saves what is whole, closes the run as
  /// failed, and rethrows.
  void end_training(const std::exception& error);

  /// One of an evaluation: inside of training the loop reports it.
  void report_unless_training(const std::exception& error);

  /// Closes the run as failed.
  void close_run(const std::exception& error);

 private:
  ExceptionAction report(const std::exception& error);
  void stop_because(const std::exception& error);
  void save_what_is_whole(const std::exception& error);
  void save_half_ended(const std::exception& error);
  void attempt(const std::string& message, const std::function<void()>& action);

  Sources from_;
};

}  // namespace thexp
