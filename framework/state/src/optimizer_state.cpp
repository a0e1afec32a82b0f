#include "thexp/state/optimizer_state.h"

#include <c10/util/Type.h>
#include <fmt/format.h>

#include "optimizer_reader.h"
#include "optimizer_writer.h"
#include "thexp/base/error.h"
#include "thexp/state/stateful.h"

namespace thexp {
namespace {

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
               when<AdagradFields>(optimizer, action);
  if (known) return;
  throw UsageError(fmt::format(
      "the state of a {} is not known: SGD, Adam, AdamW, RMSprop and Adagrad "
      "are; another one derives from thexp::Stateful",
      c10::demangle(typeid(optimizer).name())));
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
    OptimizerReader<decltype(fields)>(optimizer, state).load();
  });
}

}  // namespace thexp
