#include "thexp/state/mode.h"

#include <algorithm>
#include <cmath>

namespace thexp {

bool is_better(double value, double than, Mode mode) {
  double gain = mode == Mode::kMin ? than - value : value - than;
  double size = std::max(std::abs(value), std::abs(than));
  // Before the first value the best is infinite.
  return gain > (std::isfinite(size) ? kTieTolerance * size : 0);
}

}  // namespace thexp
