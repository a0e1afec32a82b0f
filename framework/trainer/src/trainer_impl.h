#pragma once

#include <array>

#include "beginning.h"
#include "callback_list.h"
#include "checkpoints.h"
#include "evaluation.h"
#include "failure.h"
#include "fingerprint.h"
#include "metric_board.h"
#include "metric_set.h"
#include "module_flags.h"
#include "phase_loaders.h"
#include "point.h"
#include "position.h"
#include "registry.h"
#include "run_recorder.h"
#include "stop.h"
#include "time_limit.h"
#include "train_loop.h"
#include "training_state.h"

namespace thexp {

/// What a Trainer is made of. Nothing happens here: each member is a class with
/// a file of its own, and the constructor says who knows whom.
struct TrainerImpl {
  TrainerImpl(Trainer& trainer, TrainerParams& params);

  TrainerParams& params;
  RunPlan plan;  // once the parameters are frozen
  Fingerprint fingerprint;

  // What the program registers.
  Registry registry;
  PhaseLoaders loaders;
  CallbackList callbacks;

  // Where training stands.
  Position position;
  Point point = Point::kOutside;
  Stop stop;
  TimeLimit time_limit;
  MetricBoard metrics;
  MetricSet metric_set;
  ModuleFlags flags;
  RndManager rnd;
  std::array<bool, kPhases> missing_data_said{};

  // What is written.
  RunRecorder recorder;
  TrainingState state;
  Checkpoints checkpoints;

  // What happens.
  Beginning beginning;
  Failure failure;
  Evaluation evaluation;
  TrainLoop loop;
};

}  // namespace thexp
