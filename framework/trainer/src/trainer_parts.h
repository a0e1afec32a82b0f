#pragma once

#include <torch/nn/module.h>

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "callback_list.h"
#include "thexp/state/async_saver.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

constexpr std::size_t kPhases = 4;

inline std::size_t index_of(Phase phase) {
  return static_cast<std::size_t>(phase);
}

/// For a source that ends before its batches() said.
[[noreturn]] void throw_short_data(Phase phase, std::int64_t missing);

/// What a Trainer is made of; its methods are spread over trainer.cpp (the
/// loop), trainer_evaluate.cpp, trainer_run.cpp (the run's beginning),
/// trainer_setup.cpp (registration) and trainer_state.cpp.
struct Trainer::Parts : UpdateHooks {
  Parts(Trainer& trainer, TrainerParams& params, CallbackSetup defaults)
      : trainer(trainer), params(params), defaults(defaults), rnd(0) {}

  bool before_update(OptimizerSlot& slot) override;
  void after_update(OptimizerSlot& slot) override;

  Trainer& trainer;
  TrainerParams& params;
  CallbackSetup defaults;

  // Set up once.
  enum class Setup { kNone, kRunning, kDone, kFailed };
  Setup setup = Setup::kNone;
  at::Device device = at::kCPU;
  std::unique_ptr<Logger> logger;
  std::unique_ptr<Run> run;
  Retention keep;
  std::unique_ptr<Saver> saver;
  std::unique_ptr<AsyncSaver> background;  // writes through saver
  RndManager rnd;
  CallbackList callbacks;
  std::vector<NamedModule> models;
  std::vector<std::unique_ptr<OptimizerSlot>> optimizers;
  std::array<std::shared_ptr<BatchSource>, kPhases> loaders;
  KeptMembers keeper;
  State flags_made;                        // module_flags() at set-up's end
  std::optional<State> flags_in_training;  // while evaluating: before it

  // Where training stands.
  Progress progress;
  AvgMeter train_meter;
  std::array<AvgMeter, kPhases> phase_meters;  // of finished evaluations
  // The step after which each evaluation ran last; -1 = never.
  std::array<std::int64_t, kPhases> evaluated_at = {-1, -1, -1, -1};
  // The step and the moment of the newest checkpoint.
  std::int64_t saved_at = -1;
  std::chrono::steady_clock::time_point saved_time;
  bool in_loop = false;  // train() shows exceptions to the callbacks
  bool resumed = false;  // this run was begun by another process
  std::optional<RunRecord> continued;  // the run to continue
  std::optional<State> checkpoint;     // to begin with, until it is restored
  fs::path origin;  // its file, where a new run begins with it
  std::int64_t loaded_sequence = -1;  // of the checkpoint, in its run
  std::vector<SkippedFile> damaged;   // newer ones of the run to continue
  Value files;                        // how long its log and metrics were
  State restored_random;              // until the first batch after load_state
  std::string code;                   // the program's fingerprint
  Value device_told;                  // the device's
  Value params_told;                  // the parameters'
  std::int64_t loaded_epoch = 0;      // what more_epochs counts from
  bool epoch_open = false;  // on_epoch_begin ran, on_epoch_end did not
  bool at_epoch_end = false;
  bool ended = false;        // on_train_end ran, and nothing was trained since
  bool finished = false;     // the run was closed
  bool interrupted = false;  // stopped from outside
  bool only_interrupted = false;  // nothing else had decided to stop
  bool checkpoint_due = false;    // one is wanted at this epoch's end
  bool best_due = false;          // and is the best so far
  // The steps whose checkpoints were wanted last, and were the best.
  std::int64_t requested_at = -1;
  std::int64_t best_at = -1;
  bool stop_train = false;
  bool stop_epoch = false;
  std::string stop_reason;
  bool exception_shown = false;
  std::array<bool, kPhases> missing_data_said{};

  // How many batches a phase has, limits included. @throws UsageError when
  // nothing bounds it.
  std::int64_t batches(Phase phase) const;
  std::optional<std::int64_t> limit(Phase phase) const;
  // The source that a phase reads (evaluations of overfit_batches read the
  // training data), or nullptr.
  BatchSource* source(Phase phase) const;
  // The epoch key that a phase shuffles by.
  std::int64_t order_epoch(Phase phase) const;
  std::int64_t epochs_wanted() const;
  // Shows an exception to every callback, once; the strongest answer counts.
  ExceptionAction show(const std::exception& error);
  KeptMembers loop_keeper();
  State own_state();
  Value data_fingerprint() const;
  void check_fits(const State& state) const;
  bool trains() const { return *params.phase == "train"; }
  // Of what is gone on with, against what is here.
  void compare(const std::string& word, const Value& saved, const Value& now);
  void plan_weights(LoadPlan& plan,
                    const State& state,
                    std::deque<State>& adapted);
  void plan_progress(LoadPlan& plan, const State& own);
  void load_random(const State& random);
  void guard_saving(const std::function<void()>& save);
  AsyncSaver& background_saver();
  Importance importance() const;  // of a checkpoint of this step
  // Runs an action outside of the loop; callbacks see its exception.
  void shown(const std::function<void()>& action);
  // Closes the run as failed.
  void fail(const std::exception& error);
  bool overfitting() const { return *params.overfit_batches > 0; }
};

}  // namespace thexp
