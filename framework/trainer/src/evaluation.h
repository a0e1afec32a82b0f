#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <exception>

#include "callback_list.h"
#include "failure.h"
#include "metric_board.h"
#include "module_flags.h"
#include "phase_loaders.h"
#include "point.h"
#include "run_recorder.h"
#include "thexp/state/rnd_manager.h"

namespace thexp {

/// A signal came in an evaluation at an epoch's end: it is broken off, and the
/// epoch's end is repeated when training goes on.
class EvaluationInterrupted : public std::exception {};

/// Runs evaluations, tests and predictions: in eval mode, without gradients.
class Evaluation {
 public:
  struct Sources {
    Trainer& trainer;
    const RunPlan& plan;
    const PhaseLoaders& loaders;
    CallbackList& callbacks;
    MetricBoard& metrics;
    ModuleFlags& flags;
    RunRecorder& recorder;
    Failure& failure;
    RndManager& rnd;
    const Progress& progress;
    const Point& point;
    std::array<bool, kPhases>& missing_data_said;
  };
  explicit Evaluation(const Sources& sources) : from_(sources) {}

  /// kEval or kTest; the average is on the metric board afterwards.
  void run(Phase phase);

  /// The outputs for the predict data: [0] when it gives no batch, undefined
  /// without data.
  at::Tensor predict();

  /// Says which evaluations will be skipped, since their data gives no batch.
  void say_what_is_skipped();

 private:
  AvgMeter average_of(Phase phase);
  template <typename Action>
  void each_batch(Phase phase, Action&& action);
  template <typename Action>
  void reported(Phase phase, Action&& action);
  bool has_batches(Phase phase);
  void break_off_if_interrupted() const;

  Sources from_;
};

}  // namespace thexp
