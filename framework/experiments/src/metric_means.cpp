#include "metric_means.h"

#include <algorithm>
#include <numeric>

namespace thexp {

MetricMeans::MetricMeans(const fs::path& run,
                         const std::vector<std::string>& tags) {
  Metrics metrics = read_metrics(run / "metrics.jsonl");
  for (const std::string& tag : tags) {
    std::vector<double>& values = values_.emplace_back();
    const MetricSeries* series = metrics.find(tag);
    if (series == nullptr) continue;
    for (const MetricPoint& point : series->points) {
      values.push_back(point.value);
    }
  }
}

std::optional<double> MetricMeans::of(std::size_t tag, int64_t count) const {
  const std::vector<double>& values = values_.at(tag);
  if (values.empty()) return std::nullopt;
  auto taken =
      std::min<std::size_t>(values.size(), static_cast<std::size_t>(count));
  double sum = std::accumulate(values.end() - static_cast<ptrdiff_t>(taken),
                               values.end(), 0.0);
  return sum / static_cast<double>(taken);
}

}  // namespace thexp
