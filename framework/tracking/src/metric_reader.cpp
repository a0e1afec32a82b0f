#include "thexp/tracking/metric_reader.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

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

  void add(const std::string& tag, const MetricPoint& point) {
    auto [at, is_new] = index_.emplace(tag, metrics_.series.size());
    if (is_new) metrics_.series.push_back({tag, {}});
    auto& points = metrics_.series[at->second].points;
    while (!points.empty() && points.back().step >= point.step) {
      points.pop_back();
    }
    points.push_back(point);
  }

  fs::path path_;
  std::size_t line_ = 0;
  Metrics metrics_;
  std::map<std::string, std::size_t> index_;
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
