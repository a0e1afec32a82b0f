#include "state_check.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

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
    remember_storages(checked(fmt::format("model '{}'", entry.first),
                              [&] { return module_state(model); }));
  }
  remember_storages(
      checked("what keep() was given", [&keeper] { return keeper.state(); }));
}

void StateCheck::remember_storages(const State& state) {
  if (state.is_tensor()) {
    carried_.insert(storage_of(state.as_tensor()));
  } else if (state.is_list()) {
    for (const State& item : state.as_list()) remember_storages(item);
  } else if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) remember_storages(entry.second);
  }
}

void StateCheck::optimizer(const OptimizerSlot& slot) const {
  std::string what = fmt::format("optimizer '{}'", slot.name());
  checked(what, [&slot] { return optimizer_state(slot.optimizer()); });
  std::string first;
  std::size_t lost = 0;
  for (const at::Tensor& parameter : slot.parameters()) {
    if (carried_.count(storage_of(parameter)) != 0) continue;
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
