#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/drill/drill.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {

enum class SessionKind {
  kTrain,    ///< to compare with others
  kInspect,  ///< gradients and an evaluation
  kReload,   ///< a state that another one saved
  kOverfit,
  kNan
};

/// One trainer's life in a drill. It happens in this process or in one of its
/// own; either way what it leaves is in files, and in its outcome.
struct DrillSession {
  SessionKind kind = SessionKind::kTrain;
  fs::path folder;     ///< of this session alone
  fs::path workspace;  ///< of the trainer's run
  fs::path state;      ///< kReload: the state to load
  int64_t steps = 0;
  int64_t kill_after = 0;  ///< the step after which it dies; 0 = never
  bool resume = false;
  bool other_workers = false;
  bool own_process = false;  ///< dies by SIGKILL, not by an exception
  double seconds = 0;        ///< that it may take

  fs::path trace_file() const { return folder / "trace.jsonl"; }
  fs::path state_file() const { return folder / "state.pt"; }
};

/// What a training saw.
struct TrainFacts {
  int64_t first_step = 0;   ///< finished steps as it began: 0, or resumed
  int64_t last_step = 0;    ///< finished steps at its end
  int64_t workers = 0;      ///< that load training data; -1: no DataLoader
  std::string stop_reason;  ///< "": it was not stopped
  std::string device;
};

/// What became of a session.
struct DrillOutcome {
  enum class End {
    kDone,
    kKilled,  ///< it died as it was told to
    kTimeout,
    kError
  };

  static DrillOutcome ended_early(End end, std::string error = "") {
    return {end, std::move(error), {}, {}};
  }

  End end = End::kDone;
  std::string error;                 ///< kError: what ended it
  TrainFacts train;                  ///< of kTrain
  std::vector<DrillResult> results;  ///< of the others, in order
};

/// Does all that the session says; an exception is its outcome's error.
DrillOutcome perform_session(const DrillSession& session,
                             const TrainerFactory& make_trainer);

/// The experiment that every session trains.
inline constexpr const char* kDrillExperiment = "drill";

/// Batches of an epoch, at most.
inline constexpr int64_t kDrillEpoch = 4;
/// Steps between two checkpoints; there is one at an epoch's end, too.
inline constexpr int64_t kDrillCheckpoint = 3;
/// Steps on a single batch, at most.
inline constexpr int64_t kOverfitSteps = 200;
/// The step whose batch is made NaN.
inline constexpr int64_t kNanStep = 3;

}  // namespace thexp::detail
