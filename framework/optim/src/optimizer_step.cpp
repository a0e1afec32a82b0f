// An OptimizerSlot's step: what happens between the user's call and the
// optimizer's own update.
#include <ATen/core/grad_mode.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/optim/lbfgs.h>

#include <optional>
#include <utility>
#include <vector>

#include "sparse_gradients.h"
#include "thexp/base/error.h"
#include "thexp/optim/optimizer.h"

namespace thexp {
namespace {

using Closure = OptimizerSlot::Closure;

// A hook refused the gradients of a closure's call. Thrown through the
// optimizer's step(), from which there is no other way out.
struct Refused {};

at::Tensor called(const Closure& closure) {
  c10::AutoGradMode with_gradients(true);
  return closure();
}

UsageError calls_again(const std::string& name) {
  return UsageError(fmt::format(
      "optimizer '{}' calls its closure several times for an update, but most "
      "batches of an accumulation window are gone then; use --accumulate=1",
      name));
}

// For a window's end: its gradients are there already.
Closure gives_once(const std::string& name, const at::Tensor& loss) {
  return [name, loss, given = false]() mutable {
    if (std::exchange(given, true)) throw calls_again(name);
    return loss;
  };
}

// LBFGS calls its closure again and again, each time with other parameters.
bool calls_often(const torch::optim::Optimizer& optimizer) {
  return dynamic_cast<const torch::optim::LBFGS*>(&optimizer) != nullptr;
}

// The parameters as they are before a step that may be broken off.
class Before {
 public:
  explicit Before(torch::optim::Optimizer& optimizer) : optimizer_(optimizer) {
    for (const auto& group : optimizer.param_groups()) {
      for (const at::Tensor& each : group.params()) {
        copies_.emplace_back(each, each.detach().clone());
      }
    }
  }

  void restore() {
    at::NoGradGuard no_grad;
    for (auto& [parameter, copy] : copies_) parameter.copy_(copy);
    // Its history leads to where it had come by then.
    if (calls_often(optimizer_)) optimizer_.state().clear();
  }

 private:
  torch::optim::Optimizer& optimizer_;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies_;
};

}  // namespace

void OptimizerSlot::check_gradients() const {
  check_sparse_gradients(name_, *optimizer_, [this](const at::Tensor& each) {
    return hooks_->name_of(each);
  });
}

at::Tensor OptimizerSlot::step(const Closure& closure) {
  if (!closure) return step_on_gradients(nullptr);
  if (window_ == 1) return step_around(closure);
  if (calls_often(*optimizer_)) throw calls_again(name_);
  at::Tensor loss = called(closure);
  step_on_gradients(gives_once(name_, loss));
  return loss;
}

// `closure` is for the update.
at::Tensor OptimizerSlot::step_on_gradients(const Closure& closure) {
  check_gradients();
  if (window_ > 1) {
    put_gradients_aside();
    if (open_.steps < window_) return {};
    take_gradients_back();
  }
  return update(closure);
}

at::Tensor OptimizerSlot::update(const Closure& closure) {
  if (!hooks_->before_update(*this)) return {};
  at::Tensor result = managed_->own_step(closure);
  end_update();
  return result;
}

void OptimizerSlot::end_update() {
  ++updates_;
  hooks_->after_update(*this);
}

// A step that is broken off goes back to where it began.
at::Tensor OptimizerSlot::step_around(const Closure& closure) {
  int64_t calls = 0;
  at::Tensor loss;  // of the first call
  std::optional<Before> before;
  auto observed = [&] {
    at::Tensor now = closure();
    if (++calls == 1) {
      loss = now;
      before.emplace(*optimizer_);
    }
    check_gradients();
    if (!hooks_->before_update(*this)) throw Refused();
    return now;
  };
  at::Tensor result;
  try {
    result = managed_->own_step(observed);
  } catch (const Refused&) {
    if (calls > 1) before->restore();
    return loss;
  } catch (...) {
    if (before) before->restore();
    throw;
  }
  end_update();
  return result;
}

}  // namespace thexp
