#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "thexp/base/mode.h"

namespace thexp {

/// The best few of the values that came, best first. Of equal ones (see
/// is_better()) the older is better.
class BestValues {
 public:
  BestValues(std::size_t most, Mode mode) : most_(most), mode_(mode) {}

  /// The place of the value among the best; none when it is not one of them.
  std::optional<std::size_t> add(double value);

  const std::vector<double>& values() const { return values_; }

  /// Before the first value.
  void set_mode(Mode mode) { mode_ = mode; }

  /// The same, to be kept in checkpoints.
  std::vector<double>& kept() { return values_; }

 private:
  std::size_t most_;
  Mode mode_;
  std::vector<double> values_;
};

}  // namespace thexp
