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

void collect(const State& state, std::vector<at::Tensor>& tensors) {
  if (state.is_tensor()) {
    tensors.push_back(state.as_tensor());
  } else if (state.is_list()) {
    for (const State& item : state.as_list()) collect(item, tensors);
  } else if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) collect(entry.second, tensors);
  }
}

bool is_copy(const at::Tensor& tensor, const at::Tensor& original) {
  return tensor.sizes() == original.sizes() &&
         tensor.scalar_type() == original.scalar_type() &&
         at::equal(tensor.to(original.device()), original);
}

}  // namespace

StateCheck::StateCheck(const Models& models, const KeptMembers& kept) {
  std::vector<at::Tensor> tensors;
  for (const auto& entry : models) {
    const torch::nn::Module& model = *entry.second;
    collect(checked(fmt::format("model '{}'", entry.first),
                    [&] { return module_state(model); }),
            tensors);
  }
  collect(checked("what keep() was given", [&kept] { return kept.state(); }),
          kept_);
  tensors.insert(tensors.end(), kept_.begin(), kept_.end());
  for (const at::Tensor& tensor : tensors) storages_.insert(storage_of(tensor));
}

// A Stateful may give copies: such a parameter is known by its value, once for
// each.
std::vector<at::Tensor> StateCheck::lost(
    const std::vector<at::Tensor>& parameters) const {
  std::vector<at::Tensor> unknown;
  std::unordered_set<const void*> trained;
  for (const at::Tensor& parameter : parameters) {
    const void* storage = storage_of(parameter);
    if (storages_.count(storage) == 0) unknown.push_back(parameter);
    trained.insert(storage);
  }
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : kept_) {
    if (trained.count(storage_of(tensor)) == 0) copies.push_back(tensor);
  }
  auto is_copied = [&copies](const at::Tensor& parameter) {
    auto copy = std::find_if(
        copies.begin(), copies.end(),
        [&](const at::Tensor& each) { return is_copy(each, parameter); });
    if (copy == copies.end()) return false;
    copies.erase(copy);
    return true;
  };
  unknown.erase(std::remove_if(unknown.begin(), unknown.end(), is_copied),
                unknown.end());
  return unknown;
}

void StateCheck::optimizer(const OptimizerSlot& slot) const {
  std::string what = fmt::format("optimizer '{}'", slot.name());
  checked(what, [&slot] { return optimizer_state(slot.optimizer()); });
  std::vector<at::Tensor> missing = lost(slot.parameters());
  if (missing.empty()) return;
  throw UsageError(fmt::format(
      "{} trains what no checkpoint would carry ({} of its parameters, the "
      "first is {}), so training does not start: give their module to "
      "add_model(), or the tensors to keep()",
      what, missing.size(), State(missing.front()).describe()));
}

void StateCheck::callback(Callback& callback) const {
  std::string what = fmt::format("callback '{}'", callback.name());
  State state = checked(what, [&callback] { return callback.state(); }).clone();
  std::string problem;
  try {
    callback.load_state(state);
    problem = first_difference(state, callback.state());
  } catch (const Error& error) {
    problem = error.what();
  }
  if (problem.empty()) return;
  throw UsageError(
      fmt::format("{} does not take back the state that it gave, so no run "
                  "could be resumed and training does not start: {} (state() "
                  "and load_state() go together)",
                  what, problem));
}

}  // namespace thexp
