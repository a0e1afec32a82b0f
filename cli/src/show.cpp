#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "show_files.h"
#include "show_machine.h"
#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/labels.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

struct ShowOptions {
  std::string workspace;
  std::string run;
  bool json = false;
};

// Damaged labels hide nothing else of the run.
struct ShownLabels : Labels {
  explicit ShownLabels(const fs::path& run_folder) {
    try {
      static_cast<Labels&>(*this) = read_labels(run_folder);
    } catch (const Error& error) {
      problem = error.what();
    }
  }

  std::string problem;  // why they cannot be read; or ""
};

std::string params_of(const RunRecord& run) {
  fs::path path = run.path / "params.yaml";
  return fs::exists(path) ? read_file(path) : "";
}

std::string command_of(const RunRecord& run) {
  std::vector<std::string> words;
  for (const std::string& argument : run.argv)
    words.push_back(shell_word(argument));
  return join(words, " ");
}

std::string end_of(const RunRecord& run) {
  constexpr const char* kFormat = "%Y-%m-%d %H:%M:%S";
  if (run.end) return format_time(*run.end, kFormat);
  bool goes_on = run.status == RunStatus::kRunning;
  return fmt::format("{}; last heartbeat {}", goes_on ? "not yet" : "unknown",
                     format_time(run.heartbeat, kFormat));
}

std::string row(const char* name, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("{:12}{}\n", name,
                     join(split(text, '\n'), "\n            "));
}

// "mnist/20261121-100000-k3f9 (mnist/3)"
std::string run_line(const RunRecord& run) {
  std::string name = name_of(run);
  if (run.number == 0) return name;
  return fmt::format("{} ({}/{})", name, run.experiment, run.number);
}

std::string host_line(const RunRecord& run) {
  const Value* user = run.json.find("user");
  std::string who = user != nullptr ? user->as_text() + "@" : "";
  return fmt::format("{}{} (process {})", who, run.host, run.pid);
}

std::string summary(const RunRecord& run, const ShownLabels& labels) {
  return row("run", run_line(run)) + row("path", run.path.string()) +
         row("parent", run.parent) + row("status", status_name(run.status)) +
         row("error", run.failure) +
         row("description", labels.description.value_or(run.description)) +
         row("tags", join(labels.tags, ", ")) + row("labels", labels.problem) +
         row("started", format_time(run.start, "%Y-%m-%d %H:%M:%S")) +
         row("ended", end_of(run)) + row("duration", run_duration(run)) +
         row("host", host_line(run)) + row("hardware", hardware_line(run)) +
         row("versions", versions_line(run)) + row("code", code_line(run)) +
         row("folder", run.cwd) + row("command", command_of(run));
}

std::string notes_text(const Labels& labels) {
  if (labels.notes.empty()) return "";
  std::string text;
  for (const Note& note : labels.notes) text += note_line(note);
  text.pop_back();
  return "\nnotes\n  " + join(split(text, '\n'), "\n  ") + "\n";
}

std::string info_text(const RunRecord& run) {
  if (run.info().as_dict().empty()) return "";
  std::string text = "\ninfo\n";
  for (const auto& [key, value] : run.info().as_dict()) {
    text += fmt::format("  {}: {}\n", key, value.to_json());
  }
  return text;
}

std::string params_text(const std::string& yaml) {
  if (yaml.empty()) return "";
  std::string text = "\nparams.yaml\n";
  std::vector<std::string> lines = split(yaml, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

// "  best 0.96 at step 400", where that is another value than the newest.
std::string best_of(const RunRecord& run, const std::string& tag) {
  const Value* entry = run.metrics().find(tag);
  const Value* best = entry != nullptr ? entry->find("best") : nullptr;
  if (best == nullptr || *best == entry->at("value")) return "";
  return fmt::format("  best {:.6g} at step {}", best->to_real().value_or(0),
                     entry->at("best_step").as_integer());
}

std::string other_values_text(const Metrics& metrics) {
  if (metrics.others.empty()) return "";
  std::string text = "\nvalues (last ones)\n";
  for (const ValueSeries& series : metrics.others) {
    const ValuePoint& last = series.points.back();
    text += fmt::format("  {}  step {}  {}\n", series.tag, last.step,
                        last.value.to_json());
  }
  return text;
}

std::string metrics_text(const RunRecord& run, const Metrics& metrics) {
  if (metrics.series.empty() && metrics.torn.empty()) return "";
  std::size_t width = 0;
  for (const MetricSeries& series : metrics.series) {
    width = std::max(width, display_width(series.tag));
  }
  std::string text = "\nmetrics (last values)\n";
  for (const MetricSeries& series : metrics.series) {
    const MetricPoint& last = series.points.back();
    text += fmt::format("  {}  {:<12} step {}  epoch {}{}\n",
                        pad_width(series.tag, width),
                        fmt::format("{:.6g}", last.value), last.step,
                        last.epoch, best_of(run, series.tag));
  }
  if (!metrics.torn.empty()) text += "  " + metrics.torn + "\n";
  return text;
}

void put_labels(const ShownLabels& labels, Value& json) {
  if (labels.description) json["description"] = *labels.description;
  json["tags"] = Value::List(labels.tags.begin(), labels.tags.end());
  json["notes"] = notes_json(labels);
  json["labels_problem"] =
      labels.problem.empty() ? Value() : Value(labels.problem);
}

Value json_of(const RunRecord& run,
              const Metrics& metrics,
              const ShownLabels& labels) {
  Value json = to_json(run);
  put_labels(labels, json);
  for (const char* key :
       {"user", "code", "versions", "hardware", "environment"}) {
    const Value* entry = run.json.find(key);
    if (entry != nullptr) json[key] = *entry;
  }
  json["params_yaml"] = params_of(run);
  json["metrics"] = Value::Dict{};
  for (const MetricSeries& series : metrics.series) {
    const MetricPoint& last = series.points.back();
    json["metrics"][series.tag] = Value::Dict{
        {"value", last.value}, {"step", last.step}, {"epoch", last.epoch}};
  }
  json["metrics_torn"] = metrics.torn.empty() ? Value() : Value(metrics.torn);
  json["files"] = files_json(run);
  return json;
}

// A damaged file hides nothing else of the run.
Metrics metrics_of(const RunRecord& run) {
  try {
    return read_metrics(run.path / "metrics.jsonl");
  } catch (const Error& error) {
    Metrics none;
    none.torn = error.what();
    return none;
  }
}

template <typename Text>
std::string or_problem(const char* title, Text&& text) {
  try {
    return text();
  } catch (const std::exception& error) {
    return fmt::format("\n{}\n  {}\n", title, error.what());
  }
}

Output show(const ShowOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  Metrics metrics = metrics_of(run);
  ShownLabels labels(run.path);
  if (options.json) return {json_of(run, metrics, labels).to_json(2) + "\n"};
  return {
      summary(run, labels) + notes_text(labels) + info_text(run) +
      or_problem("params.yaml", [&] { return params_text(params_of(run)); }) +
      metrics_text(run, metrics) + other_values_text(metrics) +
      or_problem("files", [&] { return files_text(run); })};
}

}  // namespace

void add_show(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show_app = app.add_subcommand("show", "show one run");
  show_app->add_option("run", options->run, kRunHelp)->required();
  show_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  show_app->add_flag("--json", options->json, "print JSON");
  show_app->callback(
      [&chosen, options] { chosen = {[options] { return show(*options); }}; });
}

}  // namespace thexp::cli
