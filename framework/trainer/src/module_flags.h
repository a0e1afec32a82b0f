#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "registry.h"
#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"

namespace thexp {

/// What belongs to models beyond their tensors: which parameters are frozen,
/// and which modules are in eval mode.
class ModuleFlags {
 public:
  explicit ModuleFlags(const Models& models) : models_(models) {}

  /// At the end of set-up: as the program makes them.
  void remember_made() { made_ = now(); }

  /// {"made": …, "now": …}: within an evaluation as they are in training.
  State state() const;

  /// Puts them back. A program that makes them differently from where they
  /// were saved means that: then they stay.
  void load(LoadPlan& plan, const State& state) const;

 private:
  friend class EvalMode;

  State now() const;

  const Models& models_;
  State made_;
  std::optional<State> in_training_;  // within an evaluation
};

/// Puts every module into eval mode while it exists, and then each back into
/// the mode that it had: a module that the user froze stays frozen.
class EvalMode {
 public:
  explicit EvalMode(ModuleFlags& flags);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  ModuleFlags& flags_;
  bool is_outer_;  // one evaluation may call for another
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> before_;
};

}  // namespace thexp
