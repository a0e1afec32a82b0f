#include "thexp/optim/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "sparse_gradients.h"
#include "thexp/base/error.h"
#include "thexp/optim/gradients.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/stateful.h"

namespace thexp {
void OptimizerSlot::attach(std::shared_ptr<torch::optim::Optimizer> optimizer) {
  optimizer_ = std::move(optimizer);
  managed_ = dynamic_cast<detail::Managed*>(optimizer_.get());
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

void OptimizerSlot::close_window() {
  if (open_.steps == 0) return;
  take_gradients_back();
  update(nullptr);
  zero_grad();
}

void OptimizerSlot::rescale_window(const at::Tensor& factor) {
  at::NoGradGuard no_grad;
  for (at::Tensor& sum : open_.held) {
    if (!sum.defined()) continue;
    stored_elements(sum).mul_(factor.to(sum.device(), sum.scalar_type()));
  }
}

void OptimizerSlot::put_gradients_aside() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> all = parameters();
  open_.held.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    at::Tensor& gradient = all[i].mutable_grad();
    if (!gradient.defined()) continue;
    add_gradient(open_.held[i], gradient, batch_examples_);
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
    stored_elements(open_.held[i]).div_(open_.examples);
    all[i].mutable_grad() = open_.held[i];
  }
  open_ = {};
}

State OptimizerSlot::slot_state() const {
  State::List held;
  for (const at::Tensor& sum : open_.held) held.push_back(gradient_state(sum));
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

// The options of each group as they were made, as far as they are known: groups
// that were added later are not in it.
State::List made_groups(const State& slot) {
  const State* made = slot.find("made");
  bool known = made != nullptr && made->is_list();
  return known ? made->as_list() : State::List{};
}

double reduction_of(const State& slot, std::size_t group) {
  const State* all = slot.find("reductions");
  const State* one =
      all == nullptr ? nullptr : all->find(static_cast<int64_t>(group));
  return one == nullptr ? 1 : one->as_real();
}

}  // namespace

State OptimizerSlot::adopt_new_options(const State& saved, const State& slot) {
  changes_.clear();
  const State* groups = saved.find("param_groups");
  if (!options_.is_list() || groups == nullptr || !groups->is_list()) {
    return saved;
  }
  State::List before = made_groups(slot);
  std::size_t common =
      std::min({before.size(), options_.size(), groups->size()});
  State adapted = saved;
  for (std::size_t i = 0; i < common; ++i) {
    State& group = adapted["param_groups"].as_list()[i];
    const State& here = options_.as_list()[i];
    adopt_in_group(group, before[i], here, reduction_of(slot, i));
  }
  return adapted;
}

void OptimizerSlot::adopt_in_group(State& group,
                                   const State& before,
                                   const State& here,
                                   double reduction) {
  for (const auto& [key, value] : here.as_dict()) {
    const std::string name = key.to_string();
    const State* old = before.find(name);
    if (old == nullptr || thexp::equal(*old, value)) continue;
    State now = value;
    if (name == "lr") {
      now = LearningRates::rebased(group.at("lr").as_real(), old->as_real(),
                                   value.as_real(), reduction);
    }
    changes_.push_back(fmt::format("{}: {} -> {}", name,
                                   group.at(name).to_value().to_json(),
                                   now.to_value().to_json()));
    group[name] = now;
  }
}

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
    window.held.push_back(gradient_from(held[i], all[i]));
  }
  window.examples = state.at("held_examples").as_integer();
  window.steps = state.at("held_steps").as_integer();
  return window;
}

LoadPlan::Change OptimizerSlot::prepare_slot_state(const State& state) {
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
