// record, title and table: sets of runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "table_output.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/plural.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_field.h"
#include "thexp/experiments/run_set.h"
#include "thexp/experiments/run_table.h"
#include "thexp/experiments/trials.h"

namespace thexp::cli {
namespace {

struct SetOptions {
  std::string workspace;
  std::string set;
  std::vector<std::string> words;  // runs or columns
  bool group = false;
  bool reset = false;
  Form form;
};

Workspace workspace_of(const SetOptions& options) {
  return Workspace(workspace_path(expand_path(options.workspace)));
}

std::vector<std::string> named_runs(const SetOptions& options) {
  return options.words.empty() ? std::vector<std::string>{"@-1"}
                               : options.words;
}

// All names are looked up before the file is changed.
Output record(const SetOptions& options) {
  Workspace workspace = workspace_of(options);
  RunSet set(workspace, options.set);
  std::vector<RunRecord> runs;
  for (const std::string& name : named_runs(options)) {
    runs.push_back(find_run(options.workspace, name));
  }
  std::vector<std::string> added = set.add(runs);
  std::string text;
  for (const std::string& name : added) {
    text += fmt::format("{}: added {}\n", set.name(), name);
  }
  auto had = static_cast<int64_t>(runs.size() - added.size());
  if (had > 0) {
    text += fmt::format("{}: had {} already\n", set.name(), plural(had, "run"));
  }
  return {text};
}

void check_columns(const std::vector<std::string>& names,
                   const std::vector<RunEntry>& runs,
                   const std::string& place) {
  for (const std::string& name : names) {
    auto problem = problem_with(RunField(name), runs);
    if (problem) throw UsageError(place + *problem);
  }
}

// What the table shows while nobody chose columns.
std::vector<std::string> usual_columns(const std::vector<RunEntry>& runs) {
  std::vector<std::string> names;
  for (const TableColumn& column :
       run_table(runs, RunTableOptions().with_experiment(true)).columns) {
    names.push_back(column.name);
  }
  return names;
}

Output title(const SetOptions& options) {
  Workspace workspace = workspace_of(options);
  RunSet set(workspace, options.set);
  RunIndex index(workspace);
  if (options.reset) remove_file(set.columns_file());
  if (!options.words.empty()) {
    check_columns(options.words, index.runs(), "");
    set.set_columns(options.words);
  }
  std::vector<std::string> names = set.columns();
  bool is_chosen = !names.empty();
  if (!is_chosen) {
    std::vector<std::string> problems;
    names = usual_columns(set.runs(index, &problems));
  }
  if (options.form.json) {
    return {Value(Value::List(names.begin(), names.end())).to_json(2) + "\n"};
  }
  std::string text = is_chosen
                         ? fmt::format("# {}\n", set.columns_file().string())
                         : fmt::format(
                               "# the usual columns; others: thexp title {} "
                               "NAME…, or write them into {}\n",
                               set.name(), set.columns_file().string());
  for (const std::string& name : names) text += name + "\n";
  return {text};
}

bool is_for_programs(const Form& form) { return form.json || form.csv; }

Table table_of(const SetOptions& options,
               const std::vector<RunEntry>& runs,
               const std::vector<std::string>& columns) {
  bool for_programs = is_for_programs(options.form);
  if (options.group) {
    return trials_table(
        runs, TrialsOptions().columns(columns).for_programs(for_programs));
  }
  return run_table(runs, RunTableOptions()
                             .columns(columns)
                             .with_experiment(true)
                             .mark_best(!options.form.markdown)
                             .for_programs(for_programs));
}

Output table(const SetOptions& options) {
  Workspace workspace = workspace_of(options);
  RunSet set(workspace, options.set);
  RunIndex index(workspace);
  std::vector<std::string> problems;
  std::vector<RunEntry> runs = set.runs(index, &problems);
  std::vector<std::string> columns = set.columns();
  check_columns(columns, index.runs(), set.columns_file().string() + ": ");
  std::string text =
      print_table(table_of(options, runs, columns), options.form);
  if (is_for_programs(options.form) || problems.empty()) return {text};
  return {text + "\n" + join(problems, "\n") + "\n"};
}

void add_workspace(CLI::App& command, SetOptions& options) {
  command.add_option("--workspace", options.workspace, kWorkspaceHelp);
}

}  // namespace

void add_record(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<SetOptions>();
  options->set = "recorded";
  CLI::App* command = app.add_subcommand("record", "add runs to a set");
  command->add_option("set", options->set, "name of the set (recorded)");
  command->add_option("run", options->words,
                      "runs to add (default: the newest)");
  add_workspace(*command, *options);
  command->callback([&chosen, options] {
    chosen = {[options] { return record(*options); }};
  });
}

void add_title(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<SetOptions>();
  options->set = RunSet::kFinished;
  CLI::App* command = app.add_subcommand(
      "title", "show or choose the columns of a set's table");
  command->add_option("set", options->set, "name of the set (finished)");
  command->add_option("column", options->words,
                      "names, such as params.optim.lr best.eval/acc");
  command->add_flag("--reset", options->reset, "the usual columns again");
  add_workspace(*command, *options);
  add_form(*command, options->form, {"--json"});
  command->callback(
      [&chosen, options] { chosen = {[options] { return title(*options); }}; });
}

void add_table(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<SetOptions>();
  options->set = RunSet::kFinished;
  CLI::App* command =
      app.add_subcommand("table", "print the runs of a set as a table");
  command->add_option("set", options->set,
                      "name of the set (finished: all completed runs)");
  command->add_flag("--group", options->group,
                    "runs that differ in the seed alone as n, mean ± std");
  add_workspace(*command, *options);
  add_form(*command, options->form, {"--json", "--csv", "--markdown"});
  command->callback(
      [&chosen, options] { chosen = {[options] { return table(*options); }}; });
}

}  // namespace thexp::cli
