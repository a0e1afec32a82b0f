#include "module_flags.h"

#include <torch/nn/module.h>

#include <functional>
#include <set>
#include <string>

namespace thexp {
namespace {

using torch::nn::Module;
using Models = std::vector<Trainer::NamedModule>;

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

State module_flags(const Models& models) {
  State::List frozen, eval;
  each_parameter(models, [&](const std::string& name, const at::Tensor& each) {
    if (!each.requires_grad()) frozen.emplace_back(name);
  });
  each_module(models, [&](const std::string& name, const Module& module) {
    if (!module.is_training()) eval.emplace_back(name);
  });
  return State::Dict{{"frozen", std::move(frozen)}, {"eval", std::move(eval)}};
}

LoadPlan::Change prepare_module_flags(const Models& models,
                                      const State& flags) {
  std::set<std::string> frozen = names_in(flags.at("frozen"));
  std::set<std::string> eval = names_in(flags.at("eval"));
  return [&models, frozen, eval] {
    each_parameter(models, [&](const std::string& name, at::Tensor each) {
      each.set_requires_grad(frozen.count(name) == 0);
    });
    each_module(models, [&](const std::string& name, Module& module) {
      module.train(eval.count(name) == 0);
    });
  };
}

}  // namespace thexp
