#include <fmt/format.h>

#include "results.h"
#include "session_kinds.h"
#include "thexp/state/pt.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

struct Count {
  int tensors = 0;
  int values = 0;
};

void count_leaves(const State& state, Count& count) {
  if (state.is_list()) {
    for (const State& item : state.as_list()) count_leaves(item, count);
  } else if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) count_leaves(entry.second, count);
  } else {
    ++(state.is_tensor() ? count.tensors : count.values);
  }
}

}  // namespace

DrillResult reload_session(const DrillSession& session, Trainer& trainer) {
  const State saved = load_pt(session.state);
  trainer.load_state(saved);
  std::string difference = first_difference(saved, trainer.state());
  if (!difference.empty()) {
    return fail("loaded into a new trainer, and taken again: " + difference,
                "state() and load_state() of what is named there.");
  }
  Count count;
  count_leaves(saved, count);
  return pass(
      fmt::format("{} tensors and {} values are the same in a new trainer",
                  count.tensors, count.values));
}

}  // namespace thexp::detail
