#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/tracking/metric_reader.h"

namespace thexp {

// Means over the last recorded values of some of a run's metrics.
class MetricMeans {
 public:
  // @throws FormatError, FileError as read_metrics().
  MetricMeans(const fs::path& run, const std::vector<std::string>& tags);

  // Of tags[tag], of its last `count` values or of all where it has fewer; none
  // where it has no value.
  std::optional<double> of(std::size_t tag, int64_t count) const;

 private:
  std::vector<std::vector<double>> values_;
};

}  // namespace thexp
