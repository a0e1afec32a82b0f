#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/trash.h"
#include "thexp/tracking/workspace.h"
#include "trash_text.h"

namespace thexp::cli {
namespace {

struct RmOptions {
  std::string workspace;
  std::vector<std::string> runs;
  bool force = false;
  bool json = false;
};

// A run whose run.json is damaged: the only thing that it can be is removed.
std::vector<RunRecord> damaged_runs(const std::string& workspace,
                                    const std::string& name) {
  std::vector<RunRecord> fitting;
  for (RunRecord& run :
       Workspace(workspace_path(expand_path(workspace))).runs()) {
    bool fits = starts_with(run.id, name) ||
                run.experiment + "/" + run.id == name ||
                fs::path(name).lexically_normal() == run.path;
    if (fits && run.status == RunStatus::kUnreadable) {
      fitting.push_back(std::move(run));
    }
  }
  return fitting;
}

RunRecord find_removable(const RmOptions& options, const std::string& name) {
  try {
    return find_run_here(options.workspace, name);
  } catch (const UsageError&) {
    throw;  // none, or several
  } catch (const Error&) {
    std::vector<RunRecord> damaged = damaged_runs(options.workspace, name);
    if (damaged.size() != 1) throw;
    return damaged[0];
  }
}

// The workspace that holds it, if its folders are named as in one.
fs::path workspace_of(const RunRecord& run, const fs::path& otherwise) {
  fs::path folder = fs::canonical(run.path);
  fs::path experiment = folder.parent_path();
  bool is_in_one =
      folder.filename() == run.id && experiment.filename() == run.experiment;
  return is_in_one ? experiment.parent_path() : otherwise;
}

// One that is named twice counts once.
std::vector<RunRecord> find_all(const RmOptions& options) {
  std::vector<RunRecord> runs;
  for (const std::string& name : options.runs) {
    RunRecord run = find_removable(options, name);
    bool is_new =
        std::none_of(runs.begin(), runs.end(), [&](const RunRecord& other) {
          return fs::equivalent(other.path, run.path);
        });
    if (is_new) runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<TrashedRun> remove_all(const RmOptions& options) {
  std::vector<RunRecord> runs = find_all(options);
  fs::path given = workspace_path(expand_path(options.workspace));
  fs::path workspace = workspace_of(runs.front(), given);
  std::error_code error;  // the path as it was given reads better
  if (fs::equivalent(workspace, given, error)) workspace = given;
  return Trash(workspace).remove(runs, options.force);
}

// Where that is not the usual one.
std::string workspace_flag(const TrashedRun& run) {
  fs::path workspace = run.path.parent_path().parent_path().parent_path();
  std::error_code other;
  if (fs::equivalent(workspace, workspace_path(), other)) return "";
  return " --workspace " + shell_word(workspace.string());
}

Output rm(const RmOptions& options) {
  std::vector<TrashedRun> removed = remove_all(options);
  Value list = Value::List{};
  std::string text;
  for (const TrashedRun& run : removed) {
    list.as_list().push_back(to_json(run));
    text += fmt::format(
        "{} is in the trash ({}); back with: thexp restore {}{}\n", run.name(),
        size_text(run.bytes), shell_word(run.name()), workspace_flag(run));
  }
  return {options.json ? list.to_json(2) + "\n" : text};
}

}  // namespace

void add_rm(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RmOptions>();
  CLI::App* rm_app = app.add_subcommand("rm", "move runs to the trash");
  rm_app->add_option("runs", options->runs, kRunHelp)->required();
  rm_app->add_flag("--force", options->force,
                   "also one that is running, or that others go on from");
  rm_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  rm_app->add_flag("--json", options->json, "print JSON");
  rm_app->callback(
      [&chosen, options] { chosen = {[options] { return rm(*options); }}; });
}

}  // namespace thexp::cli
