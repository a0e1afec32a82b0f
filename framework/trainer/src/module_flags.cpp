#include "module_flags.h"

#include <torch/nn/module.h>

#include <functional>
#include <set>
#include <string>

namespace thexp {
namespace {

using torch::nn::Module;

void each_parameter(
    const Models& models,
    const std::function<void(const std::string&, at::Tensor)>& visit) {
  for (const auto& [name, model] : models) {
    for (const auto& item : model->named_parameters()) {
      visit(name + "." + item.key(), item.value());
    }
  }
}

// Parents come before their children: a parent's train() reaches down.
void each_module(
    const Models& models,
    const std::function<void(const std::string&, Module&)>& visit) {
  for (const auto& [name, model] : models) {
    visit(name, *model);
    for (const auto& item : model->named_modules("", /*include_self=*/false)) {
      visit(name + "." + item.key(), *item.value());
    }
  }
}

std::set<std::string> names_in(const State& list) {
  std::set<std::string> names;
  for (const State& name : list.as_list()) names.insert(name.as_text());
  return names;
}

}  // namespace

State ModuleFlags::now() const {
  State::List frozen, eval;
  each_parameter(models_, [&](const std::string& name, const at::Tensor& each) {
    if (!each.requires_grad()) frozen.emplace_back(name);
  });
  each_module(models_, [&](const std::string& name, const Module& module) {
    if (!module.is_training()) eval.emplace_back(name);
  });
  return State::Dict{{"frozen", std::move(frozen)}, {"eval", std::move(eval)}};
}

State ModuleFlags::state() const {
  return State::Dict{{"made", made_},
                     {"now", in_training_ ? *in_training_ : now()}};
}

void ModuleFlags::load(LoadPlan& plan, const State& state) const {
  if (!thexp::equal(state.at("made"), made_)) return;
  plan.prepare("frozen parts", [&]() -> LoadPlan::Change {
    std::set<std::string> frozen = names_in(state.at("now").at("frozen"));
    std::set<std::string> eval = names_in(state.at("now").at("eval"));
    return [this, frozen, eval] {
      each_parameter(models_, [&](const std::string& name, at::Tensor each) {
        each.set_requires_grad(frozen.count(name) == 0);
      });
      each_module(models_, [&](const std::string& name, Module& module) {
        module.train(eval.count(name) == 0);
      });
    };
  });
}

EvalMode::EvalMode(ModuleFlags& flags)
    : flags_(flags), is_outer_(!flags.in_training_) {
  if (is_outer_) flags_.in_training_ = flags_.now();
  for (const auto& [name, model] : flags_.models_) {
    for (const auto& module : model->modules()) {
      before_.emplace_back(module, module->is_training());
    }
    model->eval();
  }
}

EvalMode::~EvalMode() {
  // Parents come before their children, so that a parent's train(), which
  // reaches down, is put right by its children's own.
  for (const auto& [module, training] : before_) module->train(training);
  if (is_outer_) flags_.in_training_.reset();
}

}  // namespace thexp
