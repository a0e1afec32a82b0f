#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
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

struct FileEntry {
  std::string name;
  std::uintmax_t bytes;
};

// A run that goes on makes and removes files meanwhile.
std::vector<FileEntry> files_of(const fs::path& folder) {
  std::vector<FileEntry> files;
  std::error_code error;
  auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, error), end;
       at != end; at.increment(error)) {
    std::string name = at->path().lexically_relative(folder).string();
    std::error_code gone;
    bool counts = at->is_regular_file(gone) && !is_temporary_name(name);
    std::uintmax_t bytes = counts ? at->file_size(gone) : 0;
    if (counts && !gone) files.push_back({name, bytes});
  }
  if (error) throw FileError::cannot_list(folder, error.value());
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

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

std::string summary(const RunRecord& run, const ShownLabels& labels) {
  return row("run", run.experiment + "/" + run.id) +
         row("path", run.path.string()) +
         row("status", status_name(run.status)) + row("error", run.failure) +
         row("description", labels.description.value_or(run.description)) +
         row("tags", join(labels.tags, ", ")) + row("labels", labels.problem) +
         row("started", format_time(run.start, "%Y-%m-%d %H:%M:%S")) +
         row("ended", end_of(run)) + row("duration", run_duration(run)) +
         row("host", fmt::format("{} (process {})", run.host, run.pid)) +
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

std::string metrics_text(const Metrics& metrics) {
  if (metrics.series.empty() && metrics.torn.empty()) return "";
  std::size_t width = 0;
  for (const MetricSeries& series : metrics.series) {
    width = std::max(width, display_width(series.tag));
  }
  std::string text = "\nmetrics (last values)\n";
  for (const MetricSeries& series : metrics.series) {
    const MetricPoint& last = series.points.back();
    text += fmt::format(
        "  {}  {:<12} step {}  epoch {}\n", pad_width(series.tag, width),
        fmt::format("{:.6g}", last.value), last.step, last.epoch);
  }
  if (!metrics.torn.empty()) text += "  " + metrics.torn + "\n";
  return text;
}

std::string files_text(const std::vector<FileEntry>& files) {
  std::size_t width = 0;
  for (const FileEntry& file : files) {
    width = std::max(width, display_width(file.name));
  }
  std::string text = "\nfiles\n";
  for (const FileEntry& file : files) {
    text += fmt::format("  {}  {:>10}\n", pad_width(file.name, width),
                        format_bytes(static_cast<double>(file.bytes)));
  }
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
  json["params_yaml"] = params_of(run);
  json["metrics"] = Value::Dict{};
  for (const MetricSeries& series : metrics.series) {
    const MetricPoint& last = series.points.back();
    json["metrics"][series.tag] = Value::Dict{
        {"value", last.value}, {"step", last.step}, {"epoch", last.epoch}};
  }
  json["metrics_torn"] = metrics.torn.empty() ? Value() : Value(metrics.torn);
  Value::List files;
  for (const FileEntry& file : files_of(run.path)) {
    files.push_back(
        Value::Dict{{"name", file.name}, {"bytes", Value(file.bytes)}});
  }
  json["files"] = std::move(files);
  return json;
}

Output show(const ShowOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  Metrics metrics = read_metrics(run.path / "metrics.jsonl");
  ShownLabels labels(run.path);
  if (options.json) return {json_of(run, metrics, labels).to_json(2) + "\n"};
  return {summary(run, labels) + notes_text(labels) + info_text(run) +
          params_text(params_of(run)) + metrics_text(metrics) +
          files_text(files_of(run.path))};
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
