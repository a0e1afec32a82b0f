#include "thexp/state/optimizer_state.h"

#include <c10/util/Type.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "optimizer_reader.h"
#include "optimizer_writer.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/stateful.h"

namespace thexp {
namespace {

// The user's class, without what the framework wraps around it.
std::string type_name_of(const torch::optim::Optimizer& optimizer) {
  std::string name = c10::demangle(typeid(optimizer).name());
  constexpr std::string_view kWrapper = "thexp::detail::ManagedOptimizer<";
  if (!starts_with(name, kWrapper) || name.back() != '>') return name;
  return name.substr(kWrapper.size(), name.size() - kWrapper.size() - 1);
}

template <typename Fields, typename Action>
bool when(const torch::optim::Optimizer& optimizer, Action&& action) {
  auto* known = dynamic_cast<const typename Fields::Optimizer*>(&optimizer);
  if (known != nullptr) action(Fields{});
  return known != nullptr;
}

// Calls `action` with the fields of the optimizer's type.
template <typename Action>
void with_fields(const torch::optim::Optimizer& optimizer, Action&& action) {
  bool known = when<SgdFields>(optimizer, action) ||
               when<AdamFields>(optimizer, action) ||
               when<AdamWFields>(optimizer, action) ||
               when<RmsPropFields>(optimizer, action) ||
               when<AdagradFields>(optimizer, action) ||
               when<LbfgsFields>(optimizer, action);
  if (known) return;
  throw UsageError(fmt::format(
      "the state of a {} is not known, so no checkpoint could carry it; SGD, "
      "Adam, AdamW, RMSprop, Adagrad and LBFGS are known, and any class that "
      "also derives from thexp::Stateful and implements state() and "
      "load_state()",
      type_name_of(optimizer)));
}

// A step is a number, in the computer's memory.
bool is_beside(const State& entry, const at::Tensor& parameter) {
  for (const auto& [name, value] : entry.as_dict()) {
    if (name == State::Key("step") || !value.is_tensor()) continue;
    if (value.as_tensor().device() != parameter.device()) return false;
  }
  return true;
}

bool is_placed(const torch::optim::Optimizer& optimizer, const State& state) {
  int64_t index = 0;
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : group.params()) {
      const State* entry = state.at("state").find(index++);
      if (entry != nullptr && !is_beside(*entry, parameter)) return false;
    }
  }
  return true;
}

}  // namespace

State optimizer_state(const torch::optim::Optimizer& optimizer) {
  if (auto* own = dynamic_cast<const Stateful*>(&optimizer)) {
    return own->state();
  }
  State state;
  with_fields(optimizer, [&](auto fields) {
    state = write_optimizer<decltype(fields)>(optimizer);
  });
  return state;
}

void load_optimizer_state(torch::optim::Optimizer& optimizer,
                          const State& state) {
  if (auto* own = dynamic_cast<Stateful*>(&optimizer)) {
    return own->load_state(state);
  }
  with_fields(optimizer, [&](auto fields) {
    OptimizerReader<decltype(fields)> reader(optimizer, state);
    reader.read();
    reader.apply();
  });
}

void load_optimizer_state(LoadPlan& plan,
                          const std::string& what,
                          torch::optim::Optimizer& optimizer,
                          const State& state) {
  if (auto* own = dynamic_cast<Stateful*>(&optimizer)) {
    return plan.attempt(what, *own, state);
  }
  plan.prepare(what, [&]() -> LoadPlan::Change {
    LoadPlan::Change change;
    with_fields(optimizer, [&](auto fields) {
      using Reader = OptimizerReader<decltype(fields)>;
      auto reader = std::make_shared<Reader>(optimizer, state);
      reader->read();
      change = [reader] { reader->apply(); };
    });
    return change;
  });
}

void place_optimizer_state(torch::optim::Optimizer& optimizer) {
  if (dynamic_cast<const Stateful*>(&optimizer) != nullptr) return;
  State state = optimizer_state(optimizer);
  // Loading puts it there.
  if (!is_placed(optimizer, state)) load_optimizer_state(optimizer, state);
}

}  // namespace thexp
