#include "thexp/tracking/metric_reader.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string_view>

#include "metric_line.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

double number_of(const Value& value) {
  if (std::optional<double> real = value.to_real()) return *real;
  throw FormatError(
      fmt::format("\"value\" is {}, not a number, \"nan\", "
                  "\"inf\" or \"-inf\"",
                  value.to_json()));
}

class Reader {
 public:
  explicit Reader(const fs::path& path) : path_(path) {}

  Metrics read() {
    std::string content = read_file(path_);
    std::string_view rest = content;
    while (!rest.empty()) rest = take_line(rest);
    return std::move(metrics_);
  }

 private:
  std::string_view take_line(std::string_view rest) {
    ++line_;
    std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      metrics_.torn = fmt::format("{}:{}: the last line is torn: '{}'",
                                  path_.string(), line_, rest);
      return {};
    }
    add(rest.substr(0, end));
    return rest.substr(end + 1);
  }

  void add(std::string_view line) {
    // Mostly as a MetricStore writes it; else it is read as any JSON.
    if (std::optional<MetricLine> plain = parse_metric_line(line)) {
      return add(plain->tag, plain->point);
    }
    std::string place = fmt::format("{}:{}", path_.string(), line_);
    try {
      Value entry = Value::from_json(line, "JSON");
      MetricPoint point{entry.at("step").as_integer(),
                        entry.at("epoch").as_integer(),
                        number_of(entry.at("value"))};
      add(entry.at("tag").as_text(), point);
    } catch (const Error& error) {
      throw FormatError::in_file(place, error.what());
    }
  }

  void add(std::string_view tag, const MetricPoint& point) {
    auto& points = series_of(tag).points;
    while (!points.empty() && points.back().step >= point.step) {
      points.pop_back();
    }
    points.push_back(point);
  }

  MetricSeries& series_of(std::string_view tag) {
    auto found = index_.find(tag);
    if (found == index_.end()) {
      metrics_.series.push_back({std::string(tag), {}});
      found = index_.emplace(tag, metrics_.series.size() - 1).first;
    }
    return metrics_.series[found->second];
  }

  fs::path path_;
  std::size_t line_ = 0;
  Metrics metrics_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace

const MetricSeries* Metrics::find(const std::string& tag) const {
  for (const MetricSeries& one : series) {
    if (one.tag == tag) return &one;
  }
  return nullptr;
}

Metrics read_metrics(const fs::path& path) {
  if (!fs::exists(path)) return {};
  return Reader(path).read();
}

}  // namespace thexp
