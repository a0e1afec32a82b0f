#include <fmt/format.h>
#include <torch/nn/module.h>

#include <set>

#include "inspect.h"
#include "results.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

using Names = std::vector<std::string>;
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

// How many parameters the models have, and which of them do not learn.
struct Parameters {
  int trainable = 0;
  int frozen = 0;
  Names no_optimizer, no_gradient, zero_gradient;
};

void note_parameter(const std::string& name,
                    const at::Tensor& parameter,
                    bool in_optimizer,
                    const DrillProbe& probe,
                    Parameters& all) {
  using Gradient = DrillProbe::Gradient;
  ++(parameter.requires_grad() ? all.trainable : all.frozen);
  if (!parameter.requires_grad()) return;
  Gradient gradient = probe.gradient_of(parameter);
  if (!in_optimizer) {
    all.no_optimizer.push_back(name);
  } else if (gradient == Gradient::kNone) {
    all.no_gradient.push_back(name);
  } else if (gradient == Gradient::kZero) {
    all.zero_gradient.push_back(name);
  }
}

Parameters look_at_parameters(const Trainer& trainer, const DrillProbe& probe) {
  Parameters all;
  Impls in_optimizers = optimized(trainer);
  bool by_hand = in_optimizers.empty();
  for (const auto& [name, model] : trainer.named_models()) {
    for (const auto& item : model->named_parameters()) {
      bool in_one = by_hand || in_optimizers.count(impl_of(item.value())) > 0;
      note_parameter(fmt::format("{}.{}", name, item.key()), item.value(),
                     in_one, probe, all);
    }
  }
  return all;
}

// "2 of 6 trainable parameters are in no optimizer: a, b"
std::string about(const Names& names, const char* what, const Parameters& all) {
  return fmt::format("{} of {} trainable parameters {}: {}", names.size(),
                     all.trainable, what, some_of(names));
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

// Whether a step uses the gradients that the batch before left. The same step
// three times: as it comes, without them, and with them again. Where neither
// repeats the first, the step is random, and nothing is known.
bool gradients_add_up(Trainer& trainer) {
  std::vector<at::Tensor> parameters = parameters_of(trainer);
  std::vector<at::Tensor> left = gradients_of(parameters);
  std::vector<at::Tensor> none(left.size());
  const State before = trainer.state().clone();
  auto step = [&] {
    trainer.train_steps(1);
    return trainer.weights().clone();
  };
  auto again = [&](const std::vector<at::Tensor>& gradients) {
    trainer.load_state(before);
    set_gradients(parameters, gradients);
    return step();
  };
  const State natural = step();
  return !equal(natural, again(none)) && equal(natural, again(left));
}

}  // namespace

DrillResult inspect_gradients(Trainer& trainer,
                              const DrillProbe& probe,
                              bool learned) {
  constexpr const char* kFrozen =
      "what is frozen on purpose says so with requires_grad_(false).";
  Parameters all = look_at_parameters(trainer, probe);
  if (all.trainable == 0) {
    return skip("the models have no trainable parameters");
  }
  if (!learned) {
    return fail(
        fmt::format("no weight changed in {} steps", trainer.progress().step),
        "a learning rate of 0, a detached loss, or no step()?");
  }
  if (!all.no_gradient.empty()) {
    return fail(
        about(all.no_gradient, "never get a gradient", all),
        std::string("detached, or not used for the loss? Else: ") + kFrozen);
  }
  if (!all.no_optimizer.empty()) {
    return fail(about(all.no_optimizer, "are in no optimizer", all), kFrozen);
  }
  if (gradients_add_up(trainer)) {
    return fail("gradients of one batch are added to those of the next",
                "call zero_grad() before backward(); larger batches come from "
                "--accumulate.");
  }
  if (!all.zero_gradient.empty()) {
    return warn(about(all.zero_gradient, "have a gradient of zeros only", all));
  }
  return pass(fmt::format(
      "all {} trainable parameters get theirs{}, cleared between batches",
      all.trainable,
      all.frozen == 0 ? "" : fmt::format(" ({} are frozen)", all.frozen)));
}

}  // namespace thexp::detail
