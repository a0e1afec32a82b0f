#pragma once

#include <optional>
#include <string_view>

#include "thexp/tracking/metric_reader.h"

namespace thexp {

struct MetricLine {
  std::string_view tag;  // a part of the line
  MetricPoint point;
};

// A line as a MetricStore writes most: its keys in this order, without blanks,
// a tag without escapes and a finite value. Nothing for any other line, which
// may be good as well.
std::optional<MetricLine> parse_metric_line(std::string_view line);

}  // namespace thexp
