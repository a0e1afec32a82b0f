#include <torch/nn/module.h>

#include "inspect.h"
#include "results.h"
#include "session_kinds.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

State values_of(const std::vector<at::Tensor>& tensors) {
  State::List values;
  for (const at::Tensor& each : tensors) values.emplace_back(each);
  return State(std::move(values)).clone();
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

}  // namespace

std::vector<at::Tensor> parameters_of(const Trainer& trainer) {
  std::vector<at::Tensor> all;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& each : model->parameters()) all.push_back(each);
  }
  return all;
}

std::vector<DrillResult> inspect_session(const DrillSession& session,
                                         Trainer& trainer,
                                         const DrillProbe& probe) {
  const State before = values_of(parameters_of(trainer));
  const std::vector<bool> modes = modes_of(trainer);
  trainer.train_steps(session.steps);
  const bool same_modes = modes == modes_of(trainer);
  const bool learned = !equal(before, values_of(parameters_of(trainer)));
  DrillResult gradients = inspect_gradients(trainer, probe, learned);
  DrillResult evaluation =
      same_modes ? inspect_evaluation(trainer)
                 : fail(
                       "after some epochs modules are in another mode than "
                       "before",
                       "a train() or eval() call that is not taken back?");
  return {gradients, evaluation};
}

}  // namespace thexp::detail
