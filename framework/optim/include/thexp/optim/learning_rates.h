#pragma once

#include <torch/optim/optimizer.h>

#include <string>
#include <vector>

#include "thexp/state/state.h"

namespace thexp {

/// The learning rates of an optimizer's parameter groups, and the one owner of
/// what they are made of:
///
///     rate = (base, or what a schedule set) × reductions
///
/// The optimizer's groups hold the product.
class LearningRates {
 public:
  /// `name` is the optimizer's, for errors. It must outlive this object.
  void attach(std::string name, torch::optim::Optimizer& optimizer);

  /// The rate of each group, as the next update uses it.
  std::vector<double> now() const;

  /// Sets them. @throws UsageError unless there is one for each group.
  void set(const std::vector<double>& rates);

  /// The rates as the program makes them: those of the end of set-up.
  const std::vector<double>& base() const { return base_; }
  void remember_base() { base_ = now(); }

  /// What a schedule sets: these rates, times the reductions so far.
  /// @throws UsageError unless there is one for each group.
  void schedule(std::vector<double> rates);

  /// Multiplies each rate by `factor`, now and wherever a schedule sets it
  /// from now on. The reduction stops at `min`; a rate that is not above it
  /// stays. Returns whether any changed.
  bool reduce(double factor, double min = 0);

  /// A saved rate where the program makes `base` in place of `saved_base`:
  /// what schedules and reductions have made of it stays. A rate of 0 says
  /// nothing of a factor, so that there it is the base times the reduction.
  static double rebased(double saved,
                        double saved_base,
                        double base,
                        double reduction = 1);

  /// What a checkpoint keeps: a factor for each group.
  const std::vector<double>& reductions() const { return reductions_; }
  void set_reductions(std::vector<double> factors) {
    reductions_ = std::move(factors);
  }

 private:
  std::string name_;
  torch::optim::Optimizer* optimizer_ = nullptr;
  std::vector<double> base_;
  std::vector<double> reductions_;
};

}  // namespace thexp
