#pragma once

#include <exception>

#include "thexp/base/error.h"

namespace thexp {

/// Where the training loop is.
enum class Point {
  kOutside,       ///< no loop runs
  kBetweenSteps,  ///< every step that began is whole
  kStep,          ///< a batch is under way
  kStepHooks,     ///< on_step_end of the callbacks runs
  kEpochHooks,    ///< on_epoch_end of the callbacks runs
  kEpochCommit    ///< it has run, and the epoch is saved
};

/// Puts the loop at a point while it exists. Where an exception ends it, the
/// point stays, so that the handler knows where training broke.
class Within {
 public:
  Within(Point& point, Point here)
      : point_(point), before_(point), exceptions_(std::uncaught_exceptions()) {
    point = here;
  }
  ~Within() {
    if (std::uncaught_exceptions() == exceptions_) point_ = before_;
  }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;

 private:
  Point& point_;
  const Point before_;
  const int exceptions_;
};

/// One run of the loop. @throws UsageError inside of another.
class WithinLoop {
 public:
  explicit WithinLoop(Point& point) : point_(point) {
    if (point != Point::kOutside) {
      throw UsageError(
          "training runs already: a callback or train_batch() cannot train by "
          "itself; stop_train() and a loop around train_steps() can");
    }
    point = Point::kBetweenSteps;
  }
  ~WithinLoop() { point_ = Point::kOutside; }
  WithinLoop(const WithinLoop&) = delete;
  WithinLoop& operator=(const WithinLoop&) = delete;

 private:
  Point& point_;
};

}  // namespace thexp
