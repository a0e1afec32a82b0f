#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/plural.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

struct LsOptions {
  std::string workspace;
  std::string experiment;
  bool json = false;
};

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

// "3/10", or "3" where the run has no target.
std::string share_of(const RunRecord& run, const char* done, const char* all) {
  const Value* count = run.info().find(done);
  const Value* target = run.info().find(all);
  if (count == nullptr) return "";
  if (target == nullptr || target->is_null()) return text_of(*count);
  bool are_counts = count->is_integer() && target->is_integer();
  if (!are_counts) return text_of(*count) + "/" + text_of(*target);
  return share(count->as_integer(), target->as_integer());
}

// The epochs, "500/2000 steps" of a training by steps, "eval" for a run that
// does not train, or "" when it does not say.
std::string position_of(const RunRecord& run) {
  const Value* phase = run.info().find("phase");
  if (phase != nullptr) return text_of(*phase);
  const Value* steps = run.info().find("steps");
  bool by_steps = steps != nullptr && !steps->is_null();
  return by_steps ? share_of(run, "step", "steps") + " steps"
                  : share_of(run, "epoch", "epochs");
}

using Tags = std::vector<std::pair<std::string, std::string>>;

// What an evaluation found comes first, what is known while it trains last.
int rank_of(const std::string& tag) {
  if (starts_with(tag, "eval/")) return 0;
  if (starts_with(tag, "test/")) return 1;
  return starts_with(tag, "train/") ? 3 : 2;
}

Tags metrics_of(const RunRecord& run) {
  Tags metrics;
  const Value* known = run.info().find("metrics");
  if (known == nullptr || !known->is_dict()) return metrics;
  for (const auto& [tag, value] : known->as_dict()) {
    metrics.emplace_back(tag, text_of(value));
  }
  std::stable_sort(metrics.begin(), metrics.end(),
                   [](const auto& a, const auto& b) {
                     return rank_of(a.first) < rank_of(b.first);
                   });
  return metrics;
}

// "eval/loss=0.1  eval/acc=0.9"
std::string whole_tags(Tags metrics) {
  std::vector<std::string> parts;
  for (const auto& [tag, value] : metrics) parts.push_back(tag + "=" + value);
  return join(parts, "  ");
}

// "eval loss=0.1 acc=0.9"
std::string grouped_tags(Tags metrics) {
  std::string text, group;
  for (const auto& [tag, value] : metrics) {
    std::size_t slash = tag.find('/');
    std::string phase = tag.substr(0, slash == std::string::npos ? 0 : slash);
    if (!text.empty()) text += phase == group ? " " : "  ";
    if (!phase.empty() && phase != group) text += phase + " ";
    text += tag.substr(phase.empty() ? 0 : slash + 1) + "=" + value;
    group = phase;
  }
  return text;
}

std::string without_blanks_at_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

// The same without training's, unless there is nothing else.
std::string grouped_results(Tags metrics) {
  auto training = std::find_if(
      metrics.begin(), metrics.end(),
      [](const auto& metric) { return starts_with(metric.first, "train/"); });
  if (training != metrics.begin()) metrics.erase(training, metrics.end());
  return grouped_tags(metrics);
}

// What a line leaves out where columns are few: its id says when it started.
struct Form {
  bool start;
  std::string (*tags)(Tags);
};

constexpr Form kForms[] = {{true, whole_tags},
                           {false, whole_tags},
                           {false, grouped_tags},
                           {false, grouped_results}};

std::string line_of(const RunRecord& run, const Form& form) {
  std::string line =
      fmt::format("  {:20}  {:11}", run.id, status_name(run.status));
  if (run.status == RunStatus::kUnreadable) return line + "  " + run.error;
  // The year is in the id.
  if (form.start) line += "  " + format_time(run.start, "%m-%d %H:%M");
  line += fmt::format("  {:>6}", run_duration(run));
  std::string position = position_of(run);
  std::string metrics = form.tags(metrics_of(run));
  if (!position.empty() || !metrics.empty())
    line += fmt::format("  {:5}", position);
  if (!metrics.empty()) line += "  " + metrics;
  return without_blanks_at_end(line);
}

// The first form in which all lines fit, else the shortest.
const Form& fitting_form(const std::vector<RunRecord>& runs,
                         std::size_t columns) {
  auto fits = [&](const Form& form) {
    return std::all_of(runs.begin(), runs.end(), [&](const RunRecord& run) {
      return run.status == RunStatus::kUnreadable ||
             display_width(line_of(run, form)) <= columns;
    });
  };
  const Form* found = std::find_if(std::begin(kForms), std::end(kForms), fits);
  return found == std::end(kForms) ? *std::prev(found) : *found;
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
  const Form& form = fitting_form(runs, columns);
  std::string text;
  for (const auto& [experiment, members] : group(std::move(runs))) {
    if (!text.empty()) text += "\n";
    text += experiment + "\n";
    for (const RunRecord& run : members) {
      text += fit_width(line_of(run, form), columns) + "\n";
    }
  }
  return text;
}

std::string json_list(const std::vector<RunRecord>& runs) {
  Value list = Value::List{};
  for (const RunRecord& run : runs) list.as_list().push_back(to_json(run));
  return list.to_json(2) + "\n";
}

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

}  // namespace

void add_ls(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* ls_app = app.add_subcommand("ls", "list runs, newest first");
  ls_app->add_option("experiment", options->experiment,
                     "only the runs of this experiment");
  ls_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  ls_app->add_flag("--json", options->json, "print JSON");
  ls_app->callback(
      [&chosen, options] { chosen = {[options] { return ls(*options); }}; });
}

}  // namespace thexp::cli
