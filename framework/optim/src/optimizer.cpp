#include "thexp/optim/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/stateful.h"

namespace thexp {
namespace {

// A flag that is up for a while, however that ends.
class Raised {
 public:
  explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
  ~Raised() { flag_ = false; }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool& flag_;
};

}  // namespace

void OptimizerSlot::attach(std::shared_ptr<torch::optim::Optimizer> optimizer) {
  optimizer_ = std::move(optimizer);
  rates_.attach(name_, *optimizer_);
}

std::vector<at::Tensor> OptimizerSlot::parameters() const {
  std::vector<at::Tensor> all;
  for (const auto& group : optimizer_->param_groups()) {
    all.insert(all.end(), group.params().begin(), group.params().end());
  }
  return all;
}

void OptimizerSlot::zero_grad(bool set_to_none) {
  for (auto& group : optimizer_->param_groups()) {
    for (at::Tensor& parameter : group.params()) {
      at::Tensor& gradient = parameter.mutable_grad();
      if (!gradient.defined()) continue;
      if (set_to_none) {
        gradient.reset();
      } else {
        gradient.detach_().zero_();
      }
    }
  }
}

bool OptimizerSlot::begin_update() {
  if (window_ > 1 && !closing_) {
    put_gradients_aside();
    if (open_.steps < window_) return false;
    take_gradients_back();
  }
  return hooks_->before_update(*this);
}

void OptimizerSlot::end_update() {
  ++updates_;
  hooks_->after_update(*this);
}

void OptimizerSlot::close_window() {
  if (open_.steps == 0) return;
  take_gradients_back();
  {
    Raised closing(closing_);
    optimizer_->step();
  }
  zero_grad();
}

void OptimizerSlot::rescale_window(const at::Tensor& factor) {
  at::NoGradGuard no_grad;
  for (at::Tensor& sum : open_.held) {
    if (sum.defined()) sum.mul_(factor.to(sum.device(), sum.scalar_type()));
  }
}

void OptimizerSlot::put_gradients_aside() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> all = parameters();
  open_.held.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    at::Tensor& gradient = all[i].mutable_grad();
    if (!gradient.defined()) continue;
    if (open_.held[i].defined()) {
      open_.held[i].add_(gradient, batch_examples_);
    } else {
      open_.held[i] = gradient.mul(batch_examples_);
    }
    gradient.reset();
  }
  open_.examples += batch_examples_;
  ++open_.steps;
}

void OptimizerSlot::take_gradients_back() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> all = parameters();
  for (std::size_t i = 0; i < open_.held.size(); ++i) {
    if (!open_.held[i].defined()) continue;
    all[i].mutable_grad() = open_.held[i].div_(open_.examples);
  }
  open_ = {};
}

State OptimizerSlot::window_state() const {
  State::List held;
  for (const at::Tensor& sum : open_.held) {
    held.push_back(sum.defined() ? State(sum) : State());
  }
  State::List reductions;
  for (double factor : rates_.reductions()) reductions.emplace_back(factor);
  return State(State::Dict{{"updates", updates_},
                           {"reductions", std::move(reductions)},
                           {"held", std::move(held)},
                           {"held_examples", open_.examples},
                           {"held_steps", open_.steps},
                           {"made", options_}});
}

// An optimizer with a state of its own kind has what options it likes.
void OptimizerSlot::remember_options() {
  rates_.remember_base();
  if (dynamic_cast<const Stateful*>(optimizer_.get()) != nullptr) return;
  State groups = optimizer_state(*optimizer_).at("param_groups");
  State::List all;
  for (const State& group : groups.as_list()) {
    State::Dict options = group.as_dict();
    options.erase(std::remove_if(options.begin(), options.end(),
                                 [](const auto& entry) {
                                   return entry.first.to_string() == "params";
                                 }),
                  options.end());
    all.emplace_back(std::move(options));
  }
  options_ = State(std::move(all));
}

namespace {

bool is_list_of(const State* state, std::size_t size) {
  return state != nullptr && state->is_list() && state->size() == size;
}

}  // namespace

State OptimizerSlot::adopt_new_options(const State& saved,
                                       const State& window) {
  changes_.clear();
  if (!options_.is_list()) return saved;
  const State* before = window.find("made");
  bool comparable = is_list_of(before, options_.size()) &&
                    is_list_of(saved.find("param_groups"), options_.size());
  if (!comparable || thexp::equal(*before, options_)) return saved;
  State adapted = saved;
  for (std::size_t i = 0; i < options_.size(); ++i) {
    State& group = adapted["param_groups"].as_list()[i];
    adopt_in_group(group, before->at(i), options_.at(i));
  }
  return adapted;
}

void OptimizerSlot::adopt_in_group(State& group,
                                   const State& before,
                                   const State& here) {
  for (const auto& [key, value] : here.as_dict()) {
    const std::string name = key.to_string();
    const State* old = before.find(name);
    if (old == nullptr || thexp::equal(*old, value)) continue;
    State now = value;
    if (name == "lr") {
      now = LearningRates::rebased(group.at("lr").as_real(), old->as_real(),
                                   value.as_real());
    }
    changes_.push_back(fmt::format("{}: {} -> {}", name,
                                   group.at(name).to_value().to_json(),
                                   now.to_value().to_json()));
    group[name] = now;
  }
}

namespace {

at::Tensor held_from(const State& state, const at::Tensor& parameter) {
  if (state.is_null()) return {};
  const at::Tensor& sum = state.as_tensor();
  if (sum.sizes() != parameter.sizes()) {
    throw FormatError(fmt::format(
        "a gradient of an open accumulation window is {}, but its parameter is "
        "{}",
        state.describe(), State(parameter).describe()));
  }
  return sum.to(parameter.device(), /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace

OptimizerSlot::Window OptimizerSlot::window_from(const State& state) const {
  std::vector<at::Tensor> all = parameters();
  const State::List& held = state.at("held").as_list();
  if (!held.empty() && held.size() != all.size()) {
    throw FormatError(fmt::format(
        "there are {} gradients of an open accumulation window, but the "
        "optimizer has {} parameters",
        held.size(), all.size()));
  }
  Window window;
  for (std::size_t i = 0; i < held.size(); ++i) {
    window.held.push_back(held_from(held[i], all[i]));
  }
  window.examples = state.at("held_examples").as_integer();
  window.steps = state.at("held_steps").as_integer();
  return window;
}

LoadPlan::Change OptimizerSlot::prepare_window_state(const State& state) {
  int64_t updates = state.at("updates").as_integer();
  std::vector<double> reductions;
  for (const State& factor : state.at("reductions").as_list()) {
    reductions.push_back(factor.as_real());
  }
  return [this, updates, reductions, window = window_from(state)] {
    updates_ = updates;
    rates_.set_reductions(reductions);
    open_ = window;
  };
}

}  // namespace thexp
