#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "thexp/framework/trainer.h"

namespace thexp {

/// Finds before training what a checkpoint could not carry, instead of after
/// the first epoch. Every method throws a UsageError that names the part and
/// says what to do.
class StateCheck {
 public:
  /// Checks the models and the kept members.
  StateCheck(const std::vector<Trainer::NamedModule>& models,
             const Keeper& keeper);

  /// Also that what it trains belongs to a model, or is kept.
  void optimizer(const OptimizerSlot& slot) const;
  void callback(const Callback& callback) const;

 private:
  void remember(const State& state);
  bool carries(const at::Tensor& parameter) const;

  std::unordered_set<const void*> storages_;  // those in a checkpoint
  std::vector<at::Tensor> tensors_;           // and the tensors
};

}  // namespace thexp
