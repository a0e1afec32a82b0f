#pragma once

#include <torch/optim/optimizer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "thexp/optim/learning_rates.h"
#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"

namespace thexp {

class OptimizerSlot;

/// Called before and after an optimizer's update.
class UpdateHooks {
 public:
  virtual ~UpdateHooks() = default;
  /// False: this update does not take place.
  virtual bool before_update(OptimizerSlot& slot) = 0;
  virtual void after_update(OptimizerSlot& slot) = 0;
  /// What a parameter is called, for errors: "net.embed.weight".
  virtual std::string name_of(const at::Tensor& parameter) const = 0;
};

namespace detail {

// An optimizer whose updates a Trainer watches.
class Managed {
 public:
  virtual ~Managed() = default;
  // The update of the user's class.
  virtual at::Tensor own_step(torch::optim::Optimizer::LossClosure closure) = 0;
};

}  // namespace detail

/// One registered optimizer: its name, and the accumulation window of its
/// updates. A step() inside of a window puts its gradients aside, weighted by
/// the batch's examples; the step() that completes it updates with their mean.
/// `zero_grad(); backward(); step();` in every batch therefore equals one
/// update over all batches of the window together.
class OptimizerSlot {
 public:
  /// `window`: the number of step() calls that make one update.
  OptimizerSlot(std::string name, int64_t window, UpdateHooks* hooks)
      : name_(std::move(name)), window_(window), hooks_(hooks) {}

  const std::string& name() const { return name_; }
  torch::optim::Optimizer& optimizer() const { return *optimizer_; }

  /// The learning rates, and what they are made of.
  LearningRates& rates() { return rates_; }
  const LearningRates& rates() const { return rates_; }
  /// Short for rates().now() and rates().set().
  std::vector<double> learning_rates() const { return rates_.now(); }
  void set_learning_rates(const std::vector<double>& rates) {
    rates_.set(rates);
  }

  /// Updates that took place.
  int64_t updates() const { return updates_; }

  /// The parameters of all groups, in order.
  std::vector<at::Tensor> parameters() const;

  /// Whether a window is open: gradients are put aside.
  bool in_window() const { return open_.steps > 0; }
  /// Multiplies what an open window holds: its loss had another scale.
  void rescale_window(const at::Tensor& factor);
  /// Forgets what an open window holds.
  void drop_window() { open_ = {}; }

  /// What a checkpoint keeps besides the optimizer's own state: the number of
  /// updates, the gradients of an open window, the reductions of the rates, and
  /// the options as the program made them.
  State slot_state() const;
  /// @throws FormatError when it does not fit; see LoadPlan::prepare().
  LoadPlan::Change prepare_slot_state(const State& state);

  /// Remembers the options as the program makes them, at the end of set-up.
  void remember_options();

  /// A saved optimizer's state with the options that the program makes
  /// differently here than where it was saved; a learning rate changes by the
  /// same factor. `slot` is the slot_state() beside it.
  State adopt_new_options(const State& saved, const State& slot);

  /// What adopt_new_options() changed: "lr: 0.1 -> 0.05".
  const std::vector<std::string>& changes() const { return changes_; }

  // What the trainer calls: a batch of this many examples begins; the epoch
  // ends, and with it a window that is open.
  void begin_batch(int64_t examples) { batch_examples_ = examples; }
  void close_window();

  // What Optimizer<T> calls in place of the user's calls.
  void attach(std::shared_ptr<torch::optim::Optimizer> optimizer);
  void zero_grad(bool set_to_none = true);
  // Closures are called with gradients enabled, as LibTorch does.
  using Closure = torch::optim::Optimizer::LossClosure;
  at::Tensor step(const Closure& closure);

 private:
  at::Tensor step_on_gradients(const Closure& closure);
  at::Tensor step_around(const Closure& closure);
  void check_gradients() const;
  at::Tensor update(const Closure& closure);
  void end_update();
  void adopt_in_group(State& group,
                      const State& before,
                      const State& here,
                      double reduction);
  void put_gradients_aside();
  void take_gradients_back();

  std::string name_;
  int64_t window_;
  UpdateHooks* hooks_;
  std::shared_ptr<torch::optim::Optimizer> optimizer_;
  detail::Managed* managed_ = nullptr;  // the same object
  int64_t updates_ = 0;
  LearningRates rates_;
  State options_;  // as the program makes them, by group; null: not known
  std::vector<std::string> changes_;
  int64_t batch_examples_ = 1;

  // Sums of examples * gradient, by parameter; empty when none is open.
  struct Window {
    std::vector<at::Tensor> held;
    int64_t examples = 0;
    int64_t steps = 0;
  };
  Window window_from(const State& state) const;

  Window open_;
};

namespace detail {

// The user's optimizer, with its step() handed over to the slot.
template <typename Optim>
class ManagedOptimizer final : public Optim, public Managed {
 public:
  ManagedOptimizer(Optim&& optimizer, OptimizerSlot* slot)
      : Optim(std::move(optimizer)), slot_(slot) {}

  using Optim::step;
  at::Tensor step(
      torch::optim::Optimizer::LossClosure closure = nullptr) override {
    return slot_->step(closure);
  }
  at::Tensor own_step(torch::optim::Optimizer::LossClosure closure) override {
    return Optim::step(std::move(closure));
  }

  // As LibTorch 2's; 1.13 has none with an argument.
  void zero_grad(bool set_to_none = true) { slot_->zero_grad(set_to_none); }

 private:
  OptimizerSlot* slot_;
};

}  // namespace detail

/// What `add_optimizer` returns: a shared handle to your optimizer.
///
///     thexp::Optimizer<torch::optim::SGD> optim_;
///     optim_ = add_optimizer("optim", torch::optim::SGD(params, 0.1));
///     optim_->zero_grad();  loss.backward();  optim_->step();
///
/// `zero_grad` sets gradients to none, as PyTorch 2 does by default; `step`
/// follows the accumulation window and the trainer's callbacks. With
/// `step(closure)` callbacks see the gradients of each call of the closure.
template <typename Optim>
class Optimizer {
 public:
  Optimizer() = default;
  explicit Optimizer(std::shared_ptr<detail::ManagedOptimizer<Optim>> managed)
      : managed_(std::move(managed)) {}

  detail::ManagedOptimizer<Optim>* operator->() const { return managed_.get(); }
  detail::ManagedOptimizer<Optim>& operator*() const { return *managed_; }
  explicit operator bool() const { return managed_ != nullptr; }
  operator std::shared_ptr<Optim>() const { return managed_; }

 private:
  std::shared_ptr<detail::ManagedOptimizer<Optim>> managed_;
};

}  // namespace thexp
