#include "registry.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/saver.h"

namespace thexp {

void Registry::check_name(const char* kind, const std::string& name) const {
  if (name.empty() || name == "thexp") {
    throw UsageError(
        fmt::format("{}: '{}' cannot be used as a name; it becomes a key of "
                    "the checkpoint, where "
                    "'thexp' is the framework's own",
                    kind, name));
  }
  bool taken = false;
  for (const auto& entry : models_) taken |= entry.first == name;
  for (const auto& slot : optimizers_) taken |= slot->name() == name;
  if (taken) {
    throw UsageError(fmt::format(
        "{}: '{}' is registered already; models and optimizers share their "
        "names, which are the keys of the checkpoint",
        kind, name));
  }
}

void Registry::add_model(const std::string& name,
                         std::shared_ptr<torch::nn::Module> model,
                         c10::Device device) {
  if (model == nullptr) {
    throw UsageError(fmt::format("add_model: '{}' is a null module", name));
  }
  check_name("add_model", name);
  require_model_name(name);
  model->to(device);
  models_.emplace_back(name, std::move(model));
}

OptimizerSlot& Registry::add_optimizer(const std::string& name,
                                       int64_t window,
                                       UpdateHooks* hooks) {
  check_name("add_optimizer", name);
  optimizers_.push_back(std::make_unique<OptimizerSlot>(name, window, hooks));
  return *optimizers_.back();
}

OptimizerSlot& Registry::optimizer(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& slot : optimizers_) {
    if (slot->name() == name) return *slot;
    known.push_back(slot->name());
  }
  throw UsageError(fmt::format("there is no optimizer '{}' (there are: {})",
                               name,
                               known.empty() ? "none" : join(known, ", ")));
}

void Registry::close() {
  kept_.close();
  for (auto& slot : optimizers_) {
    place_optimizer_state(slot->optimizer());  // models have moved by now
    slot->remember_options();
  }
  made_ = Structure(*this);
}

std::vector<std::string> Registry::changes() const {
  if (kept_.a_flag_changed()) return {};
  return made_.differences(Structure(*this));
}

void Registry::begin_batch(int64_t examples) {
  for (auto& slot : optimizers_) slot->begin_batch(examples);
}

void Registry::close_windows() {
  for (auto& slot : optimizers_) slot->close_window();
}

void Registry::zero_gradients() {
  for (auto& slot : optimizers_) slot->zero_grad();
}

}  // namespace thexp
