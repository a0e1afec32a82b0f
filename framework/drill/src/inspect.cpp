// What a drill looks at in a trainer that has trained a few steps. The facts:
//   trainable, frozen         how many parameters of the models
//   no_optimizer, no_gradient, zero_gradient   names of trainable parameters
//   still                     no parameter changed
//   modes_changed             modules are in other modes than before training
//   leftovers                 "", "added" (gradients of the batch before are
//                             part of the next), "unsure"
//   eval                      "none", "error" or "ran"
//   eval_error, eval_change, eval_again   what is wrong with it; "" = nothing
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <set>

#include "tasks.h"
#include "thexp/state/module_state.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

using Impls = std::set<const void*>;

const void* impl_of(const at::Tensor& tensor) {
  return tensor.unsafeGetTensorImpl();
}

Impls optimized(const Trainer& trainer) {
  Impls all;
  for (const auto& slot : trainer.optimizers()) {
    for (const at::Tensor& each : slot->parameters()) all.insert(impl_of(each));
  }
  return all;
}

State models_of(const Trainer& trainer) {
  State all{State::Dict{}};
  for (const auto& [name, model] : trainer.named_models()) {
    all[name] = module_state(*model);
  }
  return all;
}

// One parameter's place in the facts.
void note_parameter(const std::string& name,
                    const at::Tensor& parameter,
                    bool in_optimizer,
                    const DrillProbe& probe,
                    Value& facts) {
  using Gradient = DrillProbe::Gradient;
  if (!parameter.requires_grad()) {
    facts["frozen"] = facts.at("frozen").as_integer() + 1;
    return;
  }
  facts["trainable"] = facts.at("trainable").as_integer() + 1;
  Gradient gradient = probe.gradient_of(parameter);
  if (gradient == Gradient::kThere && in_optimizer) return;
  const char* list = "zero_gradient";
  if (gradient == Gradient::kNone) list = "no_gradient";
  if (!in_optimizer) list = "no_optimizer";
  facts[list].as_list().push_back(name);
}

void note_parameters(const Trainer& trainer,
                     const DrillProbe& probe,
                     Value& facts) {
  Impls in_optimizers = optimized(trainer);
  bool by_hand = in_optimizers.empty();
  for (const auto& [name, model] : trainer.named_models()) {
    for (const auto& item : model->named_parameters()) {
      bool in_one = by_hand || in_optimizers.count(impl_of(item.value())) > 0;
      note_parameter(fmt::format("{}.{}", name, item.key()), item.value(),
                     in_one, probe, facts);
    }
  }
}

std::vector<at::Tensor> parameters_of(const Trainer& trainer) {
  std::vector<at::Tensor> all;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& each : model->parameters()) all.push_back(each);
  }
  return all;
}

State values_of(const std::vector<at::Tensor>& tensors) {
  State::List values;
  for (const at::Tensor& each : tensors) values.emplace_back(each);
  return State(std::move(values)).clone();
}

// --- gradients that stay from one batch to the next --------------------------

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& all) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& each : all) {
    const at::Tensor& gradient = each.grad();
    gradients.push_back(gradient.defined() ? gradient.clone() : at::Tensor());
  }
  return gradients;
}

void set_gradients(std::vector<at::Tensor> parameters,
                   const std::vector<at::Tensor>& gradients) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].mutable_grad() =
        gradients[i].defined() ? gradients[i].clone() : at::Tensor();
  }
}

// The same step three times: as it comes, without the gradients that the
// batch before left, and with them again.
std::string leftovers(Trainer& trainer) {
  std::vector<at::Tensor> parameters = parameters_of(trainer);
  std::vector<at::Tensor> left = gradients_of(parameters);
  std::vector<at::Tensor> none(left.size());
  const State before = trainer.state().clone();
  auto step = [&] {
    trainer.train_steps(1);
    return models_of(trainer).clone();
  };
  auto again = [&](const std::vector<at::Tensor>& gradients) {
    trainer.load_state(before);
    set_gradients(parameters, gradients);
    return step();
  };
  const State natural = step();
  if (equal(natural, again(none))) return "";
  return equal(natural, again(left)) ? "added" : "unsure";
}

// --- evaluation --------------------------------------------------------------

State what_eval_leaves_alone(Trainer& trainer) {
  State all = trainer.state();
  State own{State::Dict{}};
  own["kept"] = all.at_path({"thexp", "kept"});
  own["windows"] = all.at_path({"thexp", "windows"});
  all["thexp"] = own;
  return all.clone();
}

std::vector<bool> modes_of(const Trainer& trainer) {
  std::vector<bool> modes;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const auto& module : model->modules()) {
      modes.push_back(module->is_training());
    }
  }
  return modes;
}

std::string second_evaluation(
    const std::vector<std::pair<std::string, double>>& first,
    const AvgMeter& second) {
  for (const auto& [key, value] : first) {
    double other = second.aggregate(key);
    if (equal(State(value), State(other))) continue;
    return fmt::format("{} is {:.6g}, then {:.6g}", key, value, other);
  }
  return "";
}

void look_at_evaluation(Trainer& trainer, Value& facts) {
  const State before = what_eval_leaves_alone(trainer);
  auto first = trainer.eval().values();
  facts["eval_change"] =
      first_difference(before, what_eval_leaves_alone(trainer));
  facts["eval_again"] = second_evaluation(first, trainer.eval());
  facts["eval"] = "ran";
}

}  // namespace

Value drill_inspect(const DrillSession& session,
                    Trainer& trainer,
                    DrillProbe& probe) {
  Value facts = Value::Dict{{"trainable", 0},
                            {"frozen", 0},
                            {"no_optimizer", Value::List{}},
                            {"no_gradient", Value::List{}},
                            {"zero_gradient", Value::List{}},
                            {"eval", "none"}};
  const State before = values_of(parameters_of(trainer));
  std::vector<bool> modes = modes_of(trainer);
  trainer.train_steps(session.steps);
  facts["modes_changed"] = modes != modes_of(trainer);
  note_parameters(trainer, probe, facts);
  facts["still"] = equal(before, values_of(parameters_of(trainer)));
  facts["leftovers"] = leftovers(trainer);
  if (!trainer.has_loader(Phase::kEval)) return facts;
  try {
    look_at_evaluation(trainer, facts);
  } catch (const std::exception& error) {
    facts["eval"] = "error";
    facts["eval_error"] = message_of(error);
  }
  return facts;
}

}  // namespace thexp
