#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "best_models.h"
#include "callback_list.h"
#include "checkpoint_policy.h"
#include "metric_board.h"
#include "position.h"
#include "registry.h"
#include "run_recorder.h"
#include "thexp/state/async_saver.h"
#include "thexp/state/saver.h"
#include "training_state.h"

namespace thexp {

/// Saves what training has come to, below the run's folder: checkpoints when
/// the policy says so, keypoints and models when asked to.
class Checkpoints {
 public:
  struct Sources {
    TrainingState& state;
    RunRecorder& recorder;
    MetricBoard& metrics;
    CallbackList& callbacks;
    const Registry& registry;
    const Progress& progress;
    const RunPlan& plan;
  };
  explicit Checkpoints(const Sources& sources) : from_(sources) {}

  /// At set-up. @throws UsageError for retention rules that make no sense.
  void configure(const TrainerParams& params);
  /// From here on there is a folder.
  void open(const fs::path& folder);

  // What the loop calls.
  void begin_training();
  void after_step();
  /// One that was requested since.
  void save_requested();
  /// @throws UsageError when the metric that decides on the best is unknown.
  void require_best_metric() const;
  void after_epoch(bool is_last);
  /// What no checkpoint holds yet, and waits until it is on the disk.
  /// `before`: with what before_hooks() gave; null: all as it is now.
  void save_rest(const State& before = State());
  /// What the hooks at the end of a step or an epoch change, and how long the
  /// run's files are before.
  State before_hooks() const;
  /// Once more what the newest one holds, if something was recorded since: an
  /// evaluation after the last step, say.
  void save_records();
  /// For those who pressed Ctrl-C.
  void log_what_is_saved();

  // What the program and its callbacks ask for.
  void request() { policy_.request(); }
  void request_best() { policy_.request_best(); }
  void retain_best(int64_t count, const std::string& metric, Mode mode);
  void save(Value info);
  fs::path save_keypoint(Value info);
  /// Of the state before the running batch.
  fs::path save_keypoint(Value info, const State& batch_state);
  std::vector<fs::path> save_models(Value info);
  /// After save_models(): what the best checkpoint has.
  void save_best_models(const BestModels& models);
  void flush();

  /// This step is (or is not) in the newest checkpoint of the run.
  void set_saved(bool is_saved);
  bool is_unsaved() const { return policy_.is_unsaved(from_.progress.step); }
  Saver& saver() const;

 private:
  AsyncSaver& async_saver();
  void save(Importance importance,
            Value info = Value::Dict{},
            const State& before = State());
  void warn_of_changes();
  State take_with_files();
  Value sidecar(Value info) const;
  SavePoint point() const;
  void guard(const std::function<void()>& save);
  std::string newest_good() const;

  Sources from_;
  CheckpointPolicy policy_;
  Retention retention_;
  int64_t records_saved_ = 0;  // how many there were at the newest save
  std::optional<SaverOptions::BestBy> best_by_;  // the parameters' own rule
  WhenBusy when_busy_ = WhenBusy::kWait;
  bool errors_stop_ = true;
  bool changes_said_ = false;
  std::unique_ptr<Saver> saver_;
  std::unique_ptr<AsyncSaver> async_saver_;  // writes through saver_
};

}  // namespace thexp
