#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <exception>

#include "callback_list.h"
#include "failure.h"
#include "metric_board.h"
#include "metric_set.h"
#include "module_flags.h"
#include "phase_loaders.h"
#include "point.h"
#include "registry.h"
#include "run_recorder.h"
#include "thexp/state/rnd_manager.h"
#include "time_limit.h"

namespace thexp {

/// A signal, or the end of the time, came in an evaluation at the end of a step
/// or an epoch: it is broken off, and repeated when training goes on.
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
    MetricSet& metric_set;
    ModuleFlags& flags;
    RunRecorder& recorder;
    Failure& failure;
    RndManager& rnd;
    const Progress& progress;
    const Point& point;
    const TimeLimit& time_limit;
    Registry& registry;
    std::array<bool, kPhases>& missing_data_said;
  };
  explicit Evaluation(const Sources& sources) : from_(sources) {}

  /// kEval or kTest; the average is on the metric board afterwards.
  void run(Phase phase);

  /// Tries the first `batches` batches of a phase out, before training: no
  /// callback is called, nothing is recorded, and what the framework holds is
  /// put back. @throws UsageError when they report nothing; what they throw.
  void try_out(Phase phase, int64_t batches);
  bool is_trying_out() const { return is_trying_out_; }

  /// Where the running evaluation stands.
  const PhaseProgress& progress() const { return at_; }

  /// The outputs for the predict data: [0] when it gives no batch, undefined
  /// without data.
  at::Tensor predict();

  /// Says which evaluations will be skipped, since their data gives no batch.
  void say_what_is_skipped();

 private:
  AvgMeter average_of(Phase phase);
  AvgMeter average_of_first(Phase phase, int64_t batches);
  Meter meter_of(Phase phase, const Batch& batch);
  template <typename Action>
  void each_batch(Phase phase, Action&& action);
  template <typename Action>
  void reported(Phase phase, Action&& action);
  bool has_batches(Phase phase);
  void break_off_if_interrupted() const;

  Sources from_;
  PhaseProgress at_;
  bool is_trying_out_ = false;
};

}  // namespace thexp
