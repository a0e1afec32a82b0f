#include "thexp/tracking/metric_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "metric_parser.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

// A point at a step supersedes those of its tag at this step and later ones.
template <typename Point>
void cut_at(std::vector<Point>& points, int64_t step) {
  while (!points.empty() && points.back().step >= step) points.pop_back();
}

// Of a tag whose points were all superseded by some of the other kind.
template <typename Series>
void drop_empty(std::vector<Series>& all) {
  all.erase(
      std::remove_if(all.begin(), all.end(),
                     [](const Series& one) { return one.points.empty(); }),
      all.end());
}

class Reader {
 public:
  explicit Reader(const fs::path& path) : path_(path) {}

  Metrics read() {
    std::string content = read_file(path_);
    std::string_view rest = content;
    while (!rest.empty()) rest = take_line(rest);
    drop_empty(metrics_.series);
    drop_empty(metrics_.others);
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

  using Index = std::map<std::string, std::size_t, std::less<>>;

  template <typename Series>
  static auto& points_of(std::vector<Series>& all,
                         Index& index,
                         std::string_view tag) {
    auto found = index.find(tag);
    if (found == index.end()) {
      all.push_back({std::string(tag), {}});
      found = index.emplace(std::string(tag), all.size() - 1).first;
    }
    return all[found->second].points;
  }

  void add(std::string_view line) {
    // Mostly as a MetricStore writes it; else it is read as any JSON.
    if (std::optional<MetricLine> plain = parse_metric_line(line)) {
      return add_number(plain->tag, plain->point);
    }
    std::string place = fmt::format("{}:{}", path_.string(), line_);
    try {
      Value entry = Value::from_json(line, "JSON");
      add(entry.at("tag").as_text(), entry.at("step").as_integer(),
          entry.at("epoch").as_integer(), entry.at("value"));
    } catch (const Error& error) {
      throw FormatError::in_file(place, error.what());
    }
  }

  void add(const std::string& tag,
           int64_t step,
           int64_t epoch,
           const Value& value) {
    if (value.is_null()) throw FormatError("\"value\" is null");
    if (auto number = value.to_real()) {
      return add_number(tag, {step, epoch, *number});
    }
    auto numbers = numbers_.find(tag);
    if (numbers != numbers_.end()) {
      cut_at(metrics_.series[numbers->second].points, step);
    }
    auto& points = points_of(metrics_.others, others_, tag);
    cut_at(points, step);
    points.push_back({step, epoch, value});
  }

  void add_number(std::string_view tag, const MetricPoint& point) {
    auto others = others_.empty() ? others_.end() : others_.find(tag);
    if (others != others_.end()) {
      cut_at(metrics_.others[others->second].points, point.step);
    }
    auto& points = points_of(metrics_.series, numbers_, tag);
    cut_at(points, point.step);
    points.push_back(point);
  }

  fs::path path_;
  std::size_t line_ = 0;
  Metrics metrics_;
  Index numbers_;
  Index others_;
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
