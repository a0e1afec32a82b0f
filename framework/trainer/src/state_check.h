#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "registry.h"
#include "thexp/trainer/callback.h"

namespace thexp {

/// Finds before training what a checkpoint could not carry, instead of after
/// the first epoch. Every method throws a UsageError that names the part and
/// says what to do.
class StateCheck {
 public:
  /// Checks the models and the kept members.
  StateCheck(const Models& models, const KeptMembers& kept);

  /// Also that what it trains belongs to a model, or is kept.
  void optimizer(const OptimizerSlot& slot) const;
  /// Also that it takes its own state back, as a resumed run would give it.
  void callback(Callback& callback) const;

 private:
  std::vector<at::Tensor> lost(const std::vector<at::Tensor>& parameters) const;

  std::unordered_set<const void*> storages_;  // those in a checkpoint
  std::vector<at::Tensor> kept_;              // what keep() was given
};

}  // namespace thexp
