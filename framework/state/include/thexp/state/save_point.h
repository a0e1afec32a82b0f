#pragma once

#include <cstdint>
#include <string>

namespace thexp {

/// Where training stands when a file is saved, and what the file is named
/// after: the end of an epoch, or a step where training is by steps.
struct SavePoint {
  enum class Unit { kEpoch, kStep };

  /// An epoch: "epoch-3".
  SavePoint(int64_t epoch) : number(epoch) {}
  /// "step-500"
  static SavePoint step(int64_t number) {
    SavePoint point(number);
    point.unit = Unit::kStep;
    return point;
  }

  /// @throws UsageError for a negative number.
  std::string name() const;

  Unit unit = Unit::kEpoch;
  int64_t number;
};

}  // namespace thexp
