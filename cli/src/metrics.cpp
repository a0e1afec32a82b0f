#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "table_output.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"
#include "thexp/tracking/metric_reader.h"

namespace thexp::cli {
namespace {

struct MetricsOptions {
  std::string workspace;
  std::string run;
  std::vector<std::string> tags;
  std::size_t last = 0;
  Form form;
};

using Series = std::vector<const MetricSeries*>;

[[noreturn]] void throw_no_tag(const std::string& tag, const Metrics& metrics) {
  std::vector<std::string> names;
  for (const MetricSeries& one : metrics.series) names.push_back(one.tag);
  std::string near = closest_match(tag, names);
  throw UsageError(fmt::format("the run has no metric '{}'; {}", tag,
                               near.empty()
                                   ? "it has: " + list_names(names)
                                   : fmt::format("did you mean '{}'?", near)));
}

Series chosen_series(const Metrics& metrics,
                     const std::vector<std::string>& tags) {
  Series series;
  for (const std::string& tag : tags) {
    series.push_back(metrics.find(tag));
    if (series.back() == nullptr) throw_no_tag(tag, metrics);
  }
  if (!tags.empty()) return series;
  for (const MetricSeries& one : metrics.series) series.push_back(&one);
  return series;
}

void put_number(std::string& out, double value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

// JSON has no word for NaN.
void put_json(std::string& out, double value) {
  bool is_finite = std::isfinite(value);
  if (!is_finite) out += '"';
  put_number(out, value);
  if (!is_finite) out += '"';
}

// Written piece by piece: a tree of a million points takes too long.
std::string as_json(const Series& all) {
  std::string out = "{";
  for (const MetricSeries* series : all) {
    if (out.size() > 1) out += ",";
    out += "\n  " + Value(series->tag).to_json() + ": [";
    const char* between = "";
    for (const MetricPoint& point : series->points) {
      fmt::format_to(std::back_inserter(out), "{}[{}, ", between, point.step);
      put_json(out, point.value);
      out += ']';
      between = ", ";
    }
    out += "]";
  }
  return out + "\n}\n";
}

std::string as_csv(const Series& all) {
  std::string out = "tag,step,epoch,value\n";
  for (const MetricSeries* series : all) {
    Table one{{{"tag", "", 0}}, {{{Value(series->tag)}, ""}}};
    std::string tag = csv_text(one).substr(4);  // quoted where it must be
    tag.pop_back();
    for (const MetricPoint& point : series->points) {
      fmt::format_to(std::back_inserter(out), "{},{},{},", tag, point.step,
                     point.epoch);
      put_number(out, point.value);
      out += '\n';
    }
  }
  return out;
}

// One line a tag: where it begins and ends, and what it was at most.
std::string overview(const Series& all) {
  Table table;
  table.columns = {{"metric", "", 0}, {"points", "", 0}, {"first", "", 30},
                   {"min", "", 20},   {"max", "", 20},   {"last", "", 0},
                   {"step", "", 0},   {"epoch", "", 0}};
  for (const MetricSeries* series : all) {
    const auto& points = series->points;
    auto [min, max] = std::minmax_element(
        points.begin(), points.end(),
        [](const auto& a, const auto& b) { return a.value < b.value; });
    const MetricPoint& last = points.back();
    table.rows.push_back(
        {{Value(series->tag), Value(points.size()), Value(points.front().value),
          Value(min->value), Value(max->value), Value(last.value),
          Value(last.step), Value(last.epoch)},
         ""});
  }
  return table_text(table, output_width());
}

std::string points_text(const Series& all) {
  std::string text;
  for (const MetricSeries* series : all) {
    if (all.size() > 1) text += (text.empty() ? "" : "\n") + series->tag + "\n";
    text += fmt::format("{:>10}  {:>6}  {}\n", "step", "epoch", "value");
    for (const MetricPoint& point : series->points) {
      fmt::format_to(std::back_inserter(text), "{:>10}  {:>6}  {:.6g}\n",
                     point.step, point.epoch, point.value);
    }
  }
  return text;
}

void keep_last(Metrics& metrics, std::size_t count) {
  for (MetricSeries& series : metrics.series) {
    auto& points = series.points;
    if (count == 0 || points.size() <= count) continue;
    points.erase(points.begin(),
                 points.end() - static_cast<std::ptrdiff_t>(count));
  }
}

Output metrics(const MetricsOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  Metrics metrics = read_metrics(run.path / "metrics.jsonl");
  keep_last(metrics, options.last);
  Series series = chosen_series(metrics, options.tags);
  if (options.form.json) return {as_json(series)};
  if (options.form.csv) return {as_csv(series)};
  if (series.empty()) return {"the run has recorded no metrics\n"};
  bool wants_points = !options.tags.empty() || options.last > 0;
  return {wants_points ? points_text(series) : overview(series)};
}

}  // namespace

void add_metrics(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<MetricsOptions>();
  CLI::App* command =
      app.add_subcommand("metrics", "print what a run recorded");
  command->add_option("run", options->run, kRunHelp)->required();
  command->add_option("tag", options->tags,
                      "metrics whose values to print (default: an overview)");
  command->add_option("--last", options->last, "only so many last values")
      ->check(positive_count());
  command->add_option("--workspace", options->workspace, kWorkspaceHelp);
  add_form(*command, options->form, {"--json", "--csv"});
  command->callback([&chosen, options] {
    chosen = {[options] { return metrics(*options); }};
  });
}

}  // namespace thexp::cli
