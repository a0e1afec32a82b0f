#pragma once

#include <torch/nn/module.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "callback_list.h"
#include "thexp/framework/trainer.h"

namespace thexp {

constexpr std::size_t kPhases = 4;

inline std::size_t index_of(Phase phase) {
  return static_cast<std::size_t>(phase);
}

/// What a Trainer is made of; its methods are spread over trainer.cpp (the
/// loop), trainer_setup.cpp (registration) and trainer_state.cpp.
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
  std::unique_ptr<Saver> saver;
  RndManager rnd;
  CallbackList callbacks;
  std::vector<NamedModule> models;
  std::vector<std::unique_ptr<OptimizerSlot>> optimizers;
  std::array<std::shared_ptr<BatchSource>, kPhases> loaders;
  Keeper keeper;

  // Where training stands.
  Progress progress;
  AvgMeter train_meter;
  std::array<AvgMeter, kPhases> phase_meters;  // of finished evaluations
  // The step after which each evaluation ran last; -1 = never.
  std::array<std::int64_t, kPhases> evaluated_at = {-1, -1, -1, -1};
  // The step of the newest checkpoint.
  std::int64_t saved_at = -1;
  bool in_loop = false;     // train() shows exceptions to the callbacks
  bool epoch_open = false;  // on_epoch_begin ran, on_epoch_end did not
  bool at_epoch_end = false;
  bool finished = false;    // the run was closed
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
  // Closes the run as failed.
  void fail(const std::exception& error);
  bool overfitting() const { return *params.overfit_batches > 0; }
};

}  // namespace thexp
