#pragma once

#include <cstdint>
#include <string>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

/// One trainer's life in a drill. It happens in this process or in one of its
/// own; either way what it leaves is in files, and in its outcome.
struct DrillSession {
  std::string kind;    ///< "train", "inspect", "reload", "overfit", "nan"
  fs::path folder;     ///< of this session alone
  fs::path workspace;  ///< of the trainer's run
  fs::path state;      ///< reload: the state to load
  std::int64_t steps = 0;
  std::int64_t kill_after = 0;  ///< the step after which it dies; 0 = never
  bool resume = false;
  bool other_workers = false;
  bool own_process = false;  ///< dies by SIGKILL, not by an exception
  double seconds = 0;        ///< that it may take

  Value to_value() const;
  static DrillSession from_value(const Value& value);

  fs::path trace_file() const { return folder / "trace.jsonl"; }
  fs::path state_file() const { return folder / "state.pt"; }
};

/// What became of a session.
struct DrillOutcome {
  Value facts = Value::Dict{};  ///< what its kind tells
  std::string error;            ///< what ended it, if something did
  bool killed = false;          ///< it died as it was told to
  bool timed_out = false;

  bool failed() const { return !error.empty() || timed_out; }

  Value to_value() const;
  static DrillOutcome from_value(const Value& value);
};

/// Does all that the session says; an exception is its outcome's error.
DrillOutcome perform_session(const DrillSession& session,
                             const TrainerFactory& make_trainer);

/// The experiment that every session trains.
inline constexpr const char* kDrillExperiment = "drill";

/// An epoch is at most so many batches long,
inline constexpr std::int64_t kDrillEpoch = 4;
/// checkpoints are so many steps apart (and at epochs' ends),
inline constexpr std::int64_t kDrillCheckpoint = 3;
/// and overfitting may take so many steps.
inline constexpr std::int64_t kOverfitSteps = 200;
/// The step whose batch is made NaN.
inline constexpr std::int64_t kNanStep = 3;

}  // namespace thexp
