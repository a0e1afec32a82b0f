#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "thexp/trainer/progress.h"

namespace thexp {

/// How far training goes: until this many epochs, or steps, are finished,
/// whichever comes first.
struct Until {
  static constexpr auto kNever = std::numeric_limits<int64_t>::max();

  static Until epoch(int64_t count) { return {count, kNever}; }
  static Until step(int64_t count) { return {kNever, count}; }

  bool wants_more(const Progress& at) const {
    return at.epoch < epochs && at.step < steps;
  }
  bool counts_epochs() const { return epochs != kNever; }
  bool counts_steps() const { return steps != kNever; }

  bool goes_beyond(const Until& other) const {
    return epochs > other.epochs || steps > other.steps;
  }

  /// Epochs that are begun on the way, where an epoch has this many batches (at
  /// least 1); nothing: it has no end.
  int64_t epochs_begun(std::optional<int64_t> batches) const {
    if (!batches) return 1;
    if (!counts_steps() || *batches == 0) return epochs;
    return std::min(epochs, steps / *batches + (steps % *batches != 0 ? 1 : 0));
  }

  /// Steps in all; nothing where they have no end.
  std::optional<int64_t> steps_in_all(std::optional<int64_t> batches) const {
    std::optional<int64_t> all;
    if (counts_steps()) all = steps;
    if (counts_epochs() && batches) {
      bool is_beyond = *batches > 0 && epochs > kNever / *batches;
      int64_t of_epochs = is_beyond ? kNever : epochs * *batches;
      all = std::min(all.value_or(of_epochs), of_epochs);
    }
    return all;
  }

  int64_t epochs = kNever;
  int64_t steps = kNever;
};

}  // namespace thexp
