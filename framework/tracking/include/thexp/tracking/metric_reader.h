#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

/// One recorded value.
struct MetricPoint {
  int64_t step = 0;
  int64_t epoch = 0;
  double value = 0;
};

/// The points of one tag, steps rising.
struct MetricSeries {
  std::string tag;
  std::vector<MetricPoint> points;
};

/// One recorded value other than a number: a text, a list, a dict.
struct ValuePoint {
  int64_t step = 0;
  int64_t epoch = 0;
  Value value;
};

/// The values of one tag other than numbers, steps rising.
struct ValueSeries {
  std::string tag;
  std::vector<ValuePoint> points;
};

/// What a metrics.jsonl holds.
struct Metrics {
  /// The numbers, in the order in which the tags first appear.
  std::vector<MetricSeries> series;
  /// All other values, in the same order.
  std::vector<ValueSeries> others;
  /// Not empty when the last line is torn (its writer was killed, or is just
  /// writing): says which; the line is left out.
  std::string torn;

  /// The series of `tag`, or nullptr.
  const MetricSeries* find(const std::string& tag) const;
};

/// Reads a file that a MetricStore wrote. A value supersedes its tag's earlier
/// lines at the same step and at later ones (a run that went on from a
/// checkpoint before them). An absent file holds no metrics.
/// @throws FormatError "<path>:<line>: …" for a malformed line other than a
/// torn last one; FileError when the file cannot be read.
Metrics read_metrics(const std::filesystem::path& path);

}  // namespace thexp
