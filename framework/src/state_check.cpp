#include "state_check.h"

#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <functional>

#include "thexp/base/error.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"

namespace thexp {
namespace {

// Takes a state and looks whether a file can hold it.
State checked(const std::string& what, const std::function<State()>& take) {
  try {
    State state = take();
    check_savable(state);
    return state;
  } catch (const Error& error) {
    throw UsageError(fmt::format(
        "{} has state that a checkpoint cannot carry, so training does not "
        "start: {}",
        what, error.what()));
  }
}

const void* storage_of(const at::Tensor& tensor) {
  return tensor.storage().unsafeGetStorageImpl();
}

}  // namespace

StateCheck::StateCheck(const std::vector<Trainer::NamedModule>& models,
                       const Keeper& keeper) {
  for (const auto& entry : models) {
    const torch::nn::Module& model = *entry.second;
    remember(checked(fmt::format("model '{}'", entry.first),
                     [&] { return module_state(model); }));
  }
  remember(
      checked("what keep() was given", [&keeper] { return keeper.state(); }));
}

void StateCheck::remember(const State& state) {
  if (state.is_tensor()) {
    storages_.insert(storage_of(state.as_tensor()));
    tensors_.push_back(state.as_tensor());
  } else if (state.is_list()) {
    for (const State& item : state.as_list()) remember(item);
  } else if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) remember(entry.second);
  }
}

// By its storage; or by its value, where a Stateful gives copies.
bool StateCheck::carries(const at::Tensor& parameter) const {
  if (storages_.count(storage_of(parameter)) != 0) return true;
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [&](const at::Tensor& kept) {
                       return kept.sizes() == parameter.sizes() &&
                              kept.scalar_type() == parameter.scalar_type() &&
                              at::equal(kept.to(parameter.device()), parameter);
                     });
}

void StateCheck::optimizer(const OptimizerSlot& slot) const {
  std::string what = fmt::format("optimizer '{}'", slot.name());
  checked(what, [&slot] { return optimizer_state(slot.optimizer()); });
  std::string first;
  std::size_t lost = 0;
  for (const at::Tensor& parameter : slot.parameters()) {
    if (carries(parameter)) continue;
    if (lost++ == 0) first = State(parameter).describe();
  }
  if (lost == 0) return;
  throw UsageError(fmt::format(
      "{} trains what no checkpoint would carry ({} of its parameters, the "
      "first is {}), so training does not start: give their module to "
      "add_model(), or the tensors to keep()",
      what, lost, first));
}

void StateCheck::callback(const Callback& callback) const {
  checked(fmt::format("callback '{}'", callback.name()),
          [&callback] { return callback.state(); });
}

}  // namespace thexp
