#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thexp/params/params.h"

namespace thexp {

/// The values that one key takes in a grid_search().
struct GridAxis {
  std::string key;
  std::vector<Value> values;
};

namespace detail {
/// For each point of the grid, the index into each axis; the last one moves
/// fastest. @throws UsageError for an axis without values, or twice.
std::vector<std::vector<std::size_t>> grid_points(
    const std::vector<GridAxis>& axes);
}  // namespace detail

/// A copy of `base` for each combination of the values, the last key varying
/// fastest; `base` stays as it is.
///
///     for (auto& params : grid_search(base, {{"optim.lr", {0.1, 0.01}},
///                                            {"batch_size", {32, 64}}})) …
///
/// @throws ParamError for unknown keys and values that are not allowed,
/// UsageError for an axis without values or a key that is there twice.
template <typename P>
std::vector<std::unique_ptr<P>> grid_search(const P& base,
                                            const std::vector<GridAxis>& axes) {
  std::vector<std::unique_ptr<P>> result;
  for (const std::vector<std::size_t>& point : detail::grid_points(axes)) {
    result.push_back(copy(base));
    for (std::size_t i = 0; i < axes.size(); ++i) {
      result.back()->set(axes[i].key, axes[i].values[point[i]], "grid search");
    }
  }
  return result;
}

}  // namespace thexp
