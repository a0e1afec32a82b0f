#pragma once

#include <cstdint>

#include "beginning.h"
#include "callback_list.h"
#include "checkpoints.h"
#include "failure.h"
#include "metric_board.h"
#include "metric_set.h"
#include "phase_loaders.h"
#include "point.h"
#include "position.h"
#include "registry.h"
#include "run_recorder.h"
#include "stop.h"
#include "thexp/trainer/trainer.h"
#include "thexp/trainer/until.h"
#include "time_limit.h"

namespace thexp {

/// The training loop: epochs of steps, and what comes between them.
class TrainLoop {
 public:
  struct Sources {
    Trainer& trainer;
    const RunPlan& plan;
    PhaseLoaders& loaders;
    Registry& registry;
    CallbackList& callbacks;
    Position& position;
    Stop& stop;
    const TimeLimit& time_limit;
    Point& point;
    MetricBoard& metrics;
    MetricSet& metric_set;
    Checkpoints& checkpoints;
    Beginning& beginning;
    RndManager& rnd;
    RunRecorder& recorder;
    Failure& failure;
  };
  explicit TrainLoop(const Sources& from)
      : trainer_(from.trainer),
        plan_(from.plan),
        loaders_(from.loaders),
        registry_(from.registry),
        callbacks_(from.callbacks),
        position_(from.position),
        stop_(from.stop),
        time_limit_(from.time_limit),
        point_(from.point),
        metrics_(from.metrics),
        metric_set_(from.metric_set),
        checkpoints_(from.checkpoints),
        beginning_(from.beginning),
        rnd_(from.rnd),
        recorder_(from.recorder),
        failure_(from.failure) {}

  /// @throws UsageError without training data, when the run has ended, and
  /// inside of another run of the loop; what ends training.
  TrainResult run(Until until);

  /// True when a finished run was resumed and nothing more is requested.
  bool is_finished() const;
  /// For such a run: no callback does again what it did at the end.
  TrainResult resume_finished();

  /// The running epoch has no batch left, or was ended.
  bool is_epoch_over() const;

  /// No loop runs, or this one has come to where it was to go.
  bool is_at_end() const;

  /// How training ended.
  TrainResult result() const;

 private:
  int64_t require_batches(const Until& until) const;
  void forget_old_stops();
  void run_epoch(const Until& until);
  void begin_epoch();
  void run_step(Batch& batch);
  void end_step();
  void run_step_hooks();
  void end_epoch();
  void break_off(const State& before);
  TrainResult end();
  void save_rest();

  const Progress& at() const { return position_.progress(); }
  bool batch_ends_epoch() const;
  bool goes_on(const Until& until) const;
  bool nothing_left() const;
  bool is_end_open() const;
  bool is_interrupt_noted() const;

  Trainer& trainer_;
  const RunPlan& plan_;
  PhaseLoaders& loaders_;
  Registry& registry_;
  CallbackList& callbacks_;
  Position& position_;
  Stop& stop_;
  const TimeLimit& time_limit_;
  Point& point_;
  MetricBoard& metrics_;
  MetricSet& metric_set_;
  Checkpoints& checkpoints_;
  Beginning& beginning_;
  RndManager& rnd_;
  RunRecorder& recorder_;
  Failure& failure_;
  int64_t batches_ = 0;  // of an epoch
  Until until_;          // of the running loop
};

}  // namespace thexp
