#include "thexp/trainer/phase.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr Phase kAllPhases[] = {Phase::kTrain, Phase::kEval, Phase::kTest,
                                Phase::kPredict};

}  // namespace

const char* phase_name(Phase phase) {
  constexpr const char* kNames[] = {"train", "eval", "test", "predict"};
  return kNames[index_of(phase)];
}

Phase phase_called(const std::string& name) {
  for (Phase phase : kAllPhases) {
    if (name == phase_name(phase)) return phase;
  }
  throw UsageError(
      fmt::format("'{}' is not a phase: train, eval, test, predict", name));
}

std::optional<Phase> metric_phase(const std::string& metric) {
  for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
    if (starts_with(metric, std::string(phase_name(phase)) + "/")) return phase;
  }
  return std::nullopt;
}

}  // namespace thexp
