#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace thexp {

enum class Phase { kTrain, kEval, kTest, kPredict };

constexpr std::size_t kPhases = 4;

constexpr std::size_t index_of(Phase phase) {
  return static_cast<std::size_t>(phase);
}

/// "train", "eval", "test" or "predict".
const char* phase_name(Phase phase);

/// The phase called "train", "eval", "test" or "predict".
/// @throws UsageError for another name.
Phase phase_called(const std::string& name);

/// The phase whose metric "train/loss", "eval/acc" or "test/acc" is; nothing
/// for another name.
std::optional<Phase> metric_phase(const std::string& metric);

}  // namespace thexp
