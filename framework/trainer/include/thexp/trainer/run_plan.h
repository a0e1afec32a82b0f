#pragma once

#include <c10/core/Device.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "thexp/trainer/phase.h"
#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/until.h"

namespace thexp {

class Batch;

/// When checkpoints are due by themselves; 0: never for that reason.
struct CheckpointRules {
  int64_t every_epochs = 1;
  int64_t every_steps = 0;
  double every_seconds = 0;
};

/// A training that another one goes on from.
struct Earlier {
  int64_t epochs = 0;        ///< that it has finished
  int64_t steps = 0;         ///< and steps
  Until target;              ///< that it was to train to
  bool is_complete = true;   ///< it had come to its end
  bool has_changed = false;  ///< its parameters were others
};

/// What the parameters mean for one run. They are read here, once, when they
/// are frozen; all who need to know ask the plan.
class RunPlan {
 public:
  RunPlan() = default;
  /// @throws UsageError for a device that does not exist.
  explicit RunPlan(const TrainerParams& params);

  Phase phase() const { return phase_; }
  bool trains() const { return phase_ == Phase::kTrain; }
  c10::Device device() const { return device_; }
  /// A batch comes from the CPU; its copy waits for nothing.
  void move_to_device(Batch& batch) const;

  /// Training goes on from there. A run that was to train more than it has
  /// keeps its target with --epoch=+N and --steps=+N, so that the same command
  /// can be given again after a kill; else these count from what it has.
  void go_on_after(const Earlier& training);

  /// What training goes on until.
  Until until() const { return is_trial_ ? Until::epoch(1) : until_; }
  /// The same without a trial's limits: what a schedule stretches over, and
  /// what the run is to train to.
  const Until& scheduled() const { return until_; }
  /// Progress is told in steps.
  bool counts_steps() const { return until_.counts_steps(); }
  /// How long this process may train.
  const std::optional<std::chrono::duration<double>>& max_time() const {
    return max_time_;
  }
  /// True when more is asked for than training had come to an end with, or
  /// parameters changed since: what stopped it then does not count.
  bool decides_anew() const { return decides_anew_; }

  /// False for a trial (fast_dev_run): nothing is written but the log.
  bool saves() const { return !is_trial_; }
  /// In a trial nothing is due.
  const CheckpointRules& checkpoints() const { return checkpoints_; }

  /// At most this many batches of a phase; nothing: all.
  std::optional<int64_t> limit(Phase phase) const;
  /// The phase whose data it reads: overfitting evaluates on training data.
  Phase data_of(Phase phase) const;
  /// Overfitting sees the same batches in every epoch.
  bool shuffles() const { return !overfits_; }

  /// The batches of an epoch without a trial's limits. `there`: those of the
  /// training data; nothing for one without an end.
  std::optional<int64_t> scheduled_batches(std::optional<int64_t> there) const;
  /// The epochs that training begins, and the updates that it makes with this
  /// many batches in each; 0 where it has no end.
  int64_t scheduled_epochs(std::optional<int64_t> there) const;
  int64_t scheduled_updates(std::optional<int64_t> there,
                            int64_t accumulate) const;

 private:
  Phase phase_ = Phase::kTrain;
  c10::Device device_ = c10::Device(c10::kCPU);
  Until until_ = Until::epoch(0);
  std::optional<int64_t> more_epochs_, more_steps_;
  std::optional<std::chrono::duration<double>> max_time_;
  bool decides_anew_ = false;
  bool is_trial_ = false;
  bool overfits_ = false;
  CheckpointRules checkpoints_;
  std::array<std::optional<int64_t>, kPhases> limits_;
  std::optional<int64_t> scheduled_limit_;
};

}  // namespace thexp
