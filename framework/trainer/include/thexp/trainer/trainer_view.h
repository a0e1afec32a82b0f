#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/mode.h"
#include "thexp/data/batch_source.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/optim/optimizer.h"
#include "thexp/trainer/callback.h"
#include "thexp/trainer/phase.h"
#include "thexp/trainer/progress.h"
#include "thexp/trainer/run_plan.h"
#include "thexp/trainer/train_result.h"
#include "thexp/trainer/trainer_params.h"

namespace torch::nn {
class Module;
}

namespace thexp {

struct TrainerImpl;

/// What can be asked of a Trainer at any time, by its callbacks for example.
/// Nothing is changed by it.
class TrainerView {
 public:
  TrainerView(const TrainerView&) = delete;
  TrainerView& operator=(const TrainerView&) = delete;
  virtual ~TrainerView();

  // --- what is to be done ------------------------------------------------

  TrainerParams& params() const;
  /// What the parameters mean for this run; complete after set-up.
  const RunPlan& run_plan() const;
  c10::Device device() const;
  /// The epochs that train() begins on its way, and the steps that it trains
  /// to; nothing where they have no end.
  int64_t epochs_wanted() const;
  std::optional<int64_t> steps_wanted() const;
  /// Batches of a training epoch, limits included; nothing where it has no end.
  /// @throws UsageError without training data.
  std::optional<int64_t> batches_per_epoch() const;

  // --- where training stands ---------------------------------------------

  const Progress& progress() const;
  /// True when this process continues a run that another one began.
  bool resumed() const;
  /// The finished epochs that this run began with, or was continued at.
  int64_t begun_epoch() const;
  /// True when all that train() trains to is finished, and no train_steps() or
  /// train_epoch() goes on beyond it.
  bool is_trained() const;
  /// True once there is a run folder that is written to.
  bool has_run() const;

  /// True while on_epoch_end runs, and while the epoch is saved.
  bool at_epoch_end() const;
  /// True while on_step_end runs.
  bool at_step_end() const;
  /// True from the last batch of an epoch on, until on_epoch_end has run.
  bool ends_epoch() const;
  /// True while Trainer::try_out_evaluation() runs.
  bool is_sanity_check() const;

  /// Whether training was told to end, and whether that came from outside; see
  /// Trainer::stop_train() and interrupt().
  bool stopping() const;
  bool interrupted() const;
  /// The reason that was given, or "".
  std::string stop_reason() const;
  /// How training ended, in on_train_end().
  TrainResult result() const;

  // --- averages ----------------------------------------------------------

  /// The running (in on_epoch_end: the finished) epoch's averages; where
  /// training is by steps, those since the newest evaluation within it.
  const AvgMeter& train_meter() const;
  /// The newest evaluation's averages; empty before the first.
  const AvgMeter& eval_meter() const;
  const AvgMeter& test_meter() const;

  /// The newest average called "train/loss", "eval/acc", "test/loss", …
  /// @throws UsageError listing the metrics that there are.
  double metric(const std::string& name) const;
  /// The same, or nothing when that evaluation did not run after the newest
  /// step, or the average is of an epoch that is not over: what a monitor
  /// reacts to. @throws as metric().
  std::optional<double> fresh_metric(const std::string& name) const;
  /// All of them: "train/…", "eval/…", "test/…".
  std::vector<std::pair<std::string, double>> metrics() const;
  /// What a phase's metrics are called, "eval/loss", as far as it is known:
  /// from its newest average, or from Trainer::try_out_evaluation().
  std::optional<std::vector<std::string>> metric_names(Phase phase) const;
  /// In which direction a registered metric improves; nothing for others.
  std::optional<Mode> metric_mode(const std::string& name) const;
  /// True when a callback may add others: it overrides on_eval_end() (or
  /// on_test_end()), and runs before those who react to metrics.
  bool may_gain_metrics(Phase phase) const;

  // --- what there is -----------------------------------------------------

  bool has_loader(Phase phase) const;
  /// @throws UsageError when there is no such data (yet: see datasets()).
  BatchSource& loader(Phase phase) const;
  using NamedModule =
      std::pair<std::string, std::shared_ptr<torch::nn::Module>>;
  const std::vector<NamedModule>& named_models() const;
  const std::vector<std::unique_ptr<OptimizerSlot>>& optimizers() const;
  /// @throws UsageError listing the optimizers that there are.
  OptimizerSlot& optimizer(const std::string& name) const;

  /// True while a callback's averages, such as Ema's, are in the models' place.
  bool sees_averages() const;

  /// In the order in which they run.
  std::vector<Callback*> all_callbacks() const;
  /// The first callback of type C, or nullptr.
  template <typename C>
  C* find_callback() const {
    for (Callback* callback : all_callbacks()) {
      if (auto* found = dynamic_cast<C*>(callback)) return found;
    }
    return nullptr;
  }

 protected:
  explicit TrainerView(std::unique_ptr<TrainerImpl> impl);

  std::unique_ptr<TrainerImpl> impl_;
};

}  // namespace thexp
