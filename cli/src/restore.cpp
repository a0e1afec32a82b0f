#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/shell.h"
#include "thexp/experiments/trash.h"
#include "thexp/tracking/workspace.h"
#include "trash_text.h"

namespace thexp::cli {
namespace {

struct RestoreOptions {
  std::string workspace;
  std::vector<std::string> runs;
  bool json = false;
};

Output list(const Trash& trash, bool as_json) {
  std::vector<TrashedRun> runs = trash.runs();
  if (!as_json) {
    return {runs.empty() ? "the trash is empty\n" : trash_table(runs)};
  }
  Value json = Value::List{};
  for (const TrashedRun& run : runs) json.as_list().push_back(to_json(run));
  return {json.to_json(2) + "\n"};
}

Output restore(const RestoreOptions& options) {
  Workspace workspace(workspace_path(expand_path(options.workspace)));
  Trash trash(workspace.root());
  if (options.runs.empty()) return list(trash, options.json);
  std::vector<TrashedRun> runs;  // all are found before the first one moves
  for (const std::string& name : options.runs) runs.push_back(trash.find(name));
  Value json = Value::List{};
  std::string text;
  for (const TrashedRun& run : runs) {
    std::string path = trash.restore(run).string();
    json.as_list().push_back(path);
    text += fmt::format("{} is back: {}\n", run.name(), path);
  }
  return {options.json ? json.to_json(2) + "\n" : text};
}

}  // namespace

void add_restore(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RestoreOptions>();
  CLI::App* restore_app = app.add_subcommand(
      "restore", "put runs back from the trash; without RUN: list it");
  restore_app->add_option("trashed", options->runs,
                          "runs in the trash, named as elsewhere");
  restore_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  restore_app->add_flag("--json", options->json, "print JSON");
  restore_app->callback([&chosen, options] {
    chosen = {[options] { return restore(*options); }};
  });
}

}  // namespace thexp::cli
