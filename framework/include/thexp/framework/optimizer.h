#pragma once

#include <torch/optim/optimizer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace thexp {

class OptimizerSlot;

/// Who is asked before an optimizer updates, and told after.
class UpdateHooks {
 public:
  virtual ~UpdateHooks() = default;
  /// False: this update does not take place.
  virtual bool before_update(OptimizerSlot& slot) = 0;
  virtual void after_update(OptimizerSlot& slot) = 0;
};

/// One registered optimizer: its name, and the accumulation window that its
/// updates follow. The window makes `zero_grad(); backward(); step();` in every
/// batch equal to one update over all batches of the window, each weighted by
/// its examples.
class OptimizerSlot {
 public:
  OptimizerSlot(std::string name, UpdateHooks* hooks)
      : name_(std::move(name)), hooks_(hooks) {}

  const std::string& name() const { return name_; }
  torch::optim::Optimizer& optimizer() const { return *optimizer_; }
  const std::shared_ptr<torch::optim::Optimizer>& pointer() const {
    return optimizer_;
  }

  /// The learning rate of each parameter group.
  std::vector<double> learning_rates() const;
  void set_learning_rates(const std::vector<double>& rates);

  /// Updates that took place.
  std::int64_t updates() const { return updates_; }
  void set_updates(std::int64_t updates) { updates_ = updates; }

  /// The parameters of all groups, in order.
  std::vector<at::Tensor> parameters() const;

  /// Called by the trainer: a batch of `examples` begins; `closes` when it is
  /// the last of its window.
  void begin_batch(std::int64_t examples, bool closes);
  /// Called by the trainer: forgets gradients that wait for their update.
  void drop_pending();
  /// True while gradients of this window wait for their update.
  bool pending() const { return pending_; }
  /// Carries out the pending update of a window that was cut short.
  void flush();

  // What Optimizer<T> calls in place of the user's calls.
  void attach(std::shared_ptr<torch::optim::Optimizer> optimizer);
  void zero_grad();
  bool begin_update();
  void end_update();

 private:
  void scale_gradients(double factor);

  std::string name_;
  UpdateHooks* hooks_;
  std::shared_ptr<torch::optim::Optimizer> optimizer_;
  std::int64_t updates_ = 0;
  std::int64_t batch_examples_ = 0;
  std::int64_t window_examples_ = 0;
  bool accumulating_ = false;
  bool closes_ = true;
  bool pending_ = false;
  bool stepped_in_batch_ = false;
};

namespace detail {

// The user's optimizer with its step() asking the slot first.
template <typename Optim>
class ManagedOptimizer final : public Optim {
 public:
  ManagedOptimizer(Optim&& optimizer, OptimizerSlot* slot)
      : Optim(std::move(optimizer)), slot_(slot) {}

  using Optim::step;
  at::Tensor step(
      torch::optim::Optimizer::LossClosure closure = nullptr) override {
    if (!slot_->begin_update()) return {};
    at::Tensor loss = Optim::step(std::move(closure));
    slot_->end_update();
    return loss;
  }

  void zero_grad() { slot_->zero_grad(); }

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
/// `zero_grad` sets gradients to none, as PyTorch 2 does by default; both
/// calls follow the trainer's accumulation window and its callbacks.
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
