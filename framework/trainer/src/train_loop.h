#pragma once

#include <cstdint>
#include <limits>

#include "beginning.h"
#include "callback_list.h"
#include "checkpoints.h"
#include "failure.h"
#include "metric_board.h"
#include "phase_loaders.h"
#include "point.h"
#include "position.h"
#include "registry.h"
#include "run_recorder.h"
#include "stop.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

/// How far training goes: until this many epochs, or steps, are finished.
struct Until {
  static Until epoch(int64_t count) { return {count, kNever}; }
  static Until step(int64_t count) { return {kNever, count}; }

  bool wants_more(const Progress& at) const {
    return at.epoch < epochs && at.step < steps;
  }

  /// No step is ever finished where an epoch has none.
  void expect_no_steps(const Progress& at) {
    if (steps != kNever && wants_more(at)) epochs = at.epoch + 1;
  }

  static constexpr auto kNever = std::numeric_limits<int64_t>::max();
  int64_t epochs = kNever;
  int64_t steps = kNever;
};

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
    Point& point;
    MetricBoard& metrics;
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
        point_(from.point),
        metrics_(from.metrics),
        checkpoints_(from.checkpoints),
        beginning_(from.beginning),
        rnd_(from.rnd),
        recorder_(from.recorder),
        failure_(from.failure) {}

  /// @throws UsageError without training data, when the run has ended, and
  /// inside of another run of the loop; what ends training.
  TrainResult run(Until until);

  /// True when a finished run was resumed and no further epochs are requested.
  bool is_finished() const;
  /// For such a run: no callback does again what it did at the end.
  TrainResult resume_finished();

  /// How training ended.
  TrainResult result() const;

 private:
  int64_t require_batches() const;
  void forget_old_stops();
  void run_epoch(const Until& until);
  void begin_epoch();
  void run_step(Batch& batch);
  void end_epoch();
  void reopen_epoch(const Position& before, const State& state);
  TrainResult end();
  void save_rest();

  const Progress& at() const { return position_.progress(); }
  bool is_epoch_over() const;
  bool batch_ends_epoch() const;
  bool goes_on(const Until& until) const;
  bool no_epoch_left() const;

  Trainer& trainer_;
  const RunPlan& plan_;
  PhaseLoaders& loaders_;
  Registry& registry_;
  CallbackList& callbacks_;
  Position& position_;
  Stop& stop_;
  Point& point_;
  MetricBoard& metrics_;
  Checkpoints& checkpoints_;
  Beginning& beginning_;
  RndManager& rnd_;
  RunRecorder& recorder_;
  Failure& failure_;
  int64_t batches_ = 0;  // of an epoch
};

}  // namespace thexp
