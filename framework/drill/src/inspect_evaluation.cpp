#include <fmt/format.h>

#include "inspect.h"
#include "results.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

// What an evaluation changed since `before`; it may draw random numbers.
std::string change_since(const State& before,
                         const State& random,
                         Trainer& trainer) {
  const State drawn = trainer.rnd().state().clone();
  trainer.rnd().load_state(random);
  std::string change = first_difference(before, trainer.batch_state());
  trainer.rnd().load_state(drawn);
  return change;
}

std::string difference_of(
    const std::vector<std::pair<std::string, double>>& first,
    const AvgMeter& second) {
  for (const auto& [key, value] : first) {
    double other = second.aggregate(key);
    if (equal(State(value), State(other))) continue;
    return fmt::format("{} is {:.6g}, then {:.6g}", key, value, other);
  }
  return "";
}

DrillResult evaluate_twice(Trainer& trainer) {
  const State before = trainer.batch_state().clone();
  const State random = trainer.rnd().state().clone();
  auto first = trainer.eval().values();
  std::string change = change_since(before, random, trainer);
  std::string difference = difference_of(first, trainer.eval());
  if (!change.empty()) {
    return fail("it changes " + change,
                "eval_batch must not train; batch norm in train mode changes "
                "its statistics.");
  }
  if (!difference.empty()) {
    return warn("two evaluations of the same weights differ: " + difference,
                "random numbers of an engine of your own in eval_batch, or a "
                "module in train mode that "
                "add_model does not know?");
  }
  return pass("changes no weight, and gives the same twice");
}

}  // namespace

DrillResult inspect_evaluation(Trainer& trainer) {
  if (!trainer.has_loader(Phase::kEval)) return skip("there is no eval data");
  try {
    return evaluate_twice(trainer);
  } catch (const std::exception& error) {
    return fail(message_of(error));
  }
}

}  // namespace thexp::detail
