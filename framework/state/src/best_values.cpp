#include "thexp/state/best_values.h"

#include <algorithm>
#include <cmath>

namespace thexp {

std::optional<std::size_t> BestValues::add(double value) {
  if (std::isnan(value)) return std::nullopt;
  auto place = std::find_if(values_.begin(), values_.end(), [&](double other) {
    return is_better(value, other, mode_);
  });
  auto rank = static_cast<std::size_t>(place - values_.begin());
  if (rank >= most_) return std::nullopt;
  values_.insert(place, value);
  values_.resize(std::min(values_.size(), most_));
  return rank;
}

}  // namespace thexp
