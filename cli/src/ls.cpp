#include <fmt/format.h>
#include <unistd.h>

#include <limits>
#include <map>
#include <vector>

#include "commands.h"
#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

// Nothing is cut where no terminal shows it.
std::size_t output_columns() {
  constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  return terminal_columns(STDOUT_FILENO).value_or(kUnlimited);
}

std::string text_of(const Value& value) {
  if (value.is_text()) return value.as_text();
  return value.is_real() ? fmt::format("{:.4g}", value.as_real())
                         : value.to_json();
}

// "3/10", "3", "eval" for a run that does not train, or "" when it does not
// say.
std::string epochs_of(const RunRecord& run) {
  const Value* phase = run.info.find("phase");
  if (phase != nullptr) return text_of(*phase);
  const Value* epoch = run.info.find("epoch");
  const Value* epochs = run.info.find("epochs");
  if (epoch == nullptr) return "";
  std::string done = text_of(*epoch);
  return epochs == nullptr ? done : done + "/" + text_of(*epochs);
}

std::string metrics_of(const RunRecord& run) {
  const Value* metrics = run.info.find("metrics");
  if (metrics == nullptr || !metrics->is_dict()) return "";
  std::vector<std::string> parts;
  for (const auto& [tag, value] : metrics->as_dict()) {
    parts.push_back(tag + "=" + text_of(value));
  }
  return join(parts, "  ");
}

std::string without_blanks_at_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string line_of(const RunRecord& run, std::size_t columns) {
  std::string line =
      fmt::format("  {:20}  {:11}", run.id, status_name(run.status));
  if (run.status == RunStatus::kUnreadable) {
    return fit_width(line + "  " + run.error, columns);
  }
  // The year is in the id.
  line += fmt::format("  {}  {:>6}", format_time(run.start, "%m-%d %H:%M"),
                      run_duration(run));
  std::string epochs = epochs_of(run);
  std::string metrics = metrics_of(run);
  if (!epochs.empty() || !metrics.empty())
    line += fmt::format("  {:5}", epochs);
  if (!metrics.empty()) line += "  " + metrics;
  return fit_width(without_blanks_at_end(line), columns);
}

using Groups = std::vector<std::pair<std::string, std::vector<RunRecord>>>;

// By experiment, the one with the newest run first; runs come newest first.
Groups group(std::vector<RunRecord> runs) {
  Groups groups;
  std::map<std::string, std::size_t> index;
  for (RunRecord& run : runs) {
    std::string name = run.path.parent_path().filename().string();
    auto [at, is_new] = index.emplace(name, groups.size());
    if (is_new) groups.push_back({name, {}});
    groups[at->second].second.push_back(std::move(run));
  }
  return groups;
}

std::string table(std::vector<RunRecord> runs) {
  std::size_t columns = output_columns();
  std::string text;
  for (const auto& [experiment, members] : group(std::move(runs))) {
    if (!text.empty()) text += "\n";
    text += experiment + "\n";
    for (const RunRecord& run : members) text += line_of(run, columns) + "\n";
  }
  return text;
}

std::string json_list(const std::vector<RunRecord>& runs) {
  Value list = Value::List{};
  for (const RunRecord& run : runs) list.as_list().push_back(to_json(run));
  return list.to_json(2) + "\n";
}

}  // namespace

Output ls(const LsOptions& options) {
  Workspace workspace(workspace_path(expand_path(options.workspace)));
  std::vector<RunRecord> runs = workspace.runs(options.experiment);
  if (options.json) return {json_list(runs)};
  if (runs.empty()) {
    return {fmt::format("no runs in the workspace '{}'\n",
                        workspace.root().string())};
  }
  return {table(std::move(runs))};
}

}  // namespace thexp::cli
