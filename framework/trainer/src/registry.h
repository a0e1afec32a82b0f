#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "structure.h"
#include "thexp/optim/optimizer.h"
#include "thexp/state/kept_members.h"

namespace torch::nn {
class Module;
}

namespace thexp {

using NamedModule = std::pair<std::string, std::shared_ptr<torch::nn::Module>>;
using Models = std::vector<NamedModule>;
using Optimizers = std::vector<std::unique_ptr<OptimizerSlot>>;

/// What a program registers of its own: models, optimizers, members to keep.
class Registry {
 public:
  /// Moves it to the device. @throws UsageError as Trainer::add_model().
  void add_model(const std::string& name,
                 std::shared_ptr<torch::nn::Module> model,
                 c10::Device device);

  /// `window`: the step() calls that make one update.
  /// @throws UsageError as Trainer::add_optimizer().
  OptimizerSlot& add_optimizer(const std::string& name,
                               int64_t window,
                               UpdateHooks* hooks);

  const Models& models() const { return models_; }
  const Optimizers& optimizers() const { return optimizers_; }
  /// @throws UsageError listing the optimizers that there are.
  OptimizerSlot& optimizer(const std::string& name) const;
  KeptMembers& kept() { return kept_; }
  const KeptMembers& kept() const { return kept_; }

  /// Set-up is over: no member is added any more, and the optimizers'
  /// options are those that the program makes.
  void close();

  /// How models and optimizers have changed since close(), a line each; empty
  /// where a kept flag has changed as well, from which models() can tell that
  /// they are to be made so again.
  std::vector<std::string> changes() const;

  /// A batch of this many examples begins.
  void begin_batch(int64_t examples);
  /// No accumulation window reaches over an epoch's end.
  void close_windows();
  void zero_gradients();

 private:
  void check_name(const char* kind, const std::string& name) const;

  Models models_;
  Optimizers optimizers_;
  KeptMembers kept_;
  Structure made_;  // at close()
};

}  // namespace thexp
