#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "table_output.h"
#include "thexp/base/clock.h"
#include "thexp/base/error.h"
#include "thexp/base/parallel.h"
#include "thexp/base/plural.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/query.h"
#include "thexp/experiments/run_table.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

struct LsOptions {
  std::string workspace;
  std::string experiment;
  std::string filter;
  std::string sort;
  std::vector<std::string> columns;
  std::vector<std::string> metrics;
  std::vector<int64_t> last;
  std::string recent;
  std::size_t limit = 0;
  bool all = false;
  Form form;
};

using Groups = std::vector<std::pair<std::string, std::vector<RunEntry>>>;

// By experiment, the one with the newest run first; runs come newest first.
Groups group(const std::vector<RunEntry>& runs) {
  Groups groups;
  std::map<std::string, std::size_t> index;
  for (const RunEntry& run : runs) {
    auto [at, is_new] = index.emplace(run.experiment(), groups.size());
    if (is_new) groups.push_back({run.experiment(), {}});
    groups[at->second].second.push_back(run);
  }
  return groups;
}

// "1 evaluation and 2 dry runs are not shown (--all)"
std::string hidden_text(const QueryResult& found) {
  std::vector<std::string> kinds;
  if (found.evaluations > 0) {
    kinds.push_back(plural(found.evaluations, "evaluation"));
  }
  if (found.dry_runs > 0) kinds.push_back(plural(found.dry_runs, "dry run"));
  if (kinds.empty()) return "";
  bool is_one = found.evaluations + found.dry_runs == 1;
  return fmt::format("{} {} not shown (--all)\n", join(kinds, " and "),
                     is_one ? "is" : "are");
}

// labels.json of people; the run itself is fine.
std::string problems_text(const std::vector<RunEntry>& runs) {
  std::string text;
  for (const RunEntry& run : runs) {
    if (!run.labels_problem().empty()) text += run.labels_problem() + "\n";
  }
  return text;
}

RunTableOptions table_options(const LsOptions& options) {
  return RunTableOptions()
      .columns(options.columns)
      .metrics(options.metrics)
      .last(options.last);
}

// A heading for each experiment. An order of one's own goes over all of them.
std::string grouped_tables(const QueryResult& found,
                           const LsOptions& options,
                           const TextWidth& width) {
  ShortIds ids(found.index->runs());
  RunTableOptions table = table_options(options);
  if (width.is_terminal) table.short_ids(&ids);
  Groups groups = group(found.runs);
  bool is_one_table = !options.sort.empty() && groups.size() > 1;
  if (is_one_table) groups = {{"", found.runs}};
  table.with_experiment(is_one_table);
  std::vector<std::string> texts(groups.size());
  parallel_for(groups.size(), [&](std::size_t i) {
    texts[i] = table_text(run_table(groups[i].second, table), width);
    if (!is_one_table) texts[i] = groups[i].first + "\n" + texts[i];
  });
  return join(texts, "\n");
}

std::string json_list(const std::vector<RunEntry>& runs) {
  Value list = Value::List{};
  for (const RunEntry& run : runs) list.as_list().push_back(to_json(run));
  return list.to_json(2) + "\n";
}

void check_columns(const LsOptions& options, const QueryResult& found) {
  for (const auto* names : {&options.columns, &options.metrics}) {
    for (const std::string& name : *names) {
      auto problem = problem_with(RunField(name), found.index->runs());
      if (problem) throw UsageError(*problem);
    }
  }
  bool lacks_tags = !options.last.empty() && options.metrics.empty();
  if (lacks_tags) {
    throw UsageError(
        "--last: say of which metrics, such as --metrics eval/acc");
  }
}

Query query_of(const LsOptions& options, const fs::path& workspace) {
  Query query(workspace);
  query.experiment(options.experiment).all(options.all);
  if (!options.filter.empty()) query.filter(options.filter);
  if (!options.sort.empty()) query.sort(options.sort);
  if (options.limit > 0) query.limit(options.limit);
  if (!options.recent.empty()) {
    auto time = parse_duration(options.recent);
    if (!time) {
      throw UsageError(fmt::format(
          "'{}' is not a duration; write 20m, 2h or 3d", options.recent));
    }
    query.within(*time);
  }
  return query;
}

std::string none_text(const LsOptions& options, const QueryResult& found) {
  std::string text = fmt::format("no runs in the workspace '{}'",
                                 found.index->root().string());
  if (!options.recent.empty()) text += " in the last " + options.recent;
  if (!options.filter.empty()) text += " match the filter";
  return text + "\n" + hidden_text(found);
}

Output list_one(const LsOptions& options, const fs::path& workspace) {
  QueryResult found = query_of(options, workspace).find();
  check_columns(options, found);
  if (options.form.json) return {json_list(found.runs)};
  if (options.form.csv) {
    return {csv_text(run_table(
        found.runs,
        table_options(options).with_experiment(true).for_programs(true)))};
  }
  if (found.runs.empty()) return {none_text(options, found)};
  std::string text = grouped_tables(found, options, output_width());
  std::string below = hidden_text(found) + problems_text(found.runs);
  for (const std::string& problem : found.index->problems()) {
    below += problem + "\n";
  }
  return {text + (below.empty() ? "" : "\n" + below)};
}

// Where there is no workspace here: those that the home folder knows.
std::vector<fs::path> workspaces_of(const LsOptions& options) {
  fs::path usual = workspace_path(expand_path(options.workspace));
  if (!options.workspace.empty() || fs::exists(usual)) return {usual};
  std::vector<fs::path> known = known_workspaces();
  return known.empty() ? std::vector{usual} : known;
}

// One workspace need not have the experiment, or the names, of another.
Output list_several(const LsOptions& options,
                    const std::vector<fs::path>& workspaces) {
  if (options.form.csv) {
    throw UsageError("--csv is of one workspace: say which with --workspace");
  }
  Value all = Value::List{};
  std::string text, problem;
  for (const fs::path& workspace : workspaces) {
    try {
      std::string one = list_one(options, workspace).text;
      if (options.form.json) {
        Value list = Value::from_json(one);
        for (Value& run : list.as_list()) {
          all.as_list().push_back(std::move(run));
        }
      }
      text += fmt::format("{}{}\n\n{}", text.empty() ? "" : "\n",
                          workspace.string(), one);
    } catch (const UsageError& error) {
      problem = error.what();
    }
  }
  if (text.empty()) throw UsageError(problem);
  return {options.form.json ? all.to_json(2) + "\n" : text};
}

Output ls(const LsOptions& options) {
  std::vector<fs::path> workspaces = workspaces_of(options);
  if (workspaces.size() == 1) return list_one(options, workspaces[0]);
  return list_several(options, workspaces);
}

void add_options(CLI::App& command, LsOptions& options) {
  command.add_option("--filter", options.filter,
                     "which runs, such as 'params.optim.lr < 0.1 and status == "
                     "completed' (docs/experiments.md)");
  command.add_option("--sort", options.sort,
                     "in which order, such as -eval/acc; several with ','");
  command
      .add_option("--columns", options.columns,
                  "what to show, such as params.optim.lr,best.eval/acc")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--metrics", options.metrics, "show these metrics")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      .add_option("--last", options.last,
                  "of --metrics, the mean of so many last values, such as 1,10")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(positive_count());
  command.add_option("--limit", options.limit, "at most so many runs")
      ->check(positive_count());
  command.add_flag("--all", options.all,
                   "evaluations and dry runs (fast_dev_run), too");
  command.add_option("--workspace", options.workspace, kWorkspaceHelp);
  add_form(command, options.form, {"--json", "--csv"});
}

}  // namespace

void add_ls(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* command = app.add_subcommand("ls", "list runs, newest first");
  command->add_option("experiment", options->experiment,
                      "only the runs of this experiment");
  add_options(*command, *options);
  command->callback(
      [&chosen, options] { chosen = {[options] { return ls(*options); }}; });
}

void add_recent(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LsOptions>();
  options->recent = "1d";
  CLI::App* command = app.add_subcommand(
      "recent", "list the runs that began, ended or went on lately");
  command->add_option("time", options->recent,
                      "how long ago at most: 20m, 2h, 3d (default: 1d)");
  add_options(*command, *options);
  command->callback(
      [&chosen, options] { chosen = {[options] { return ls(*options); }}; });
}

}  // namespace thexp::cli
