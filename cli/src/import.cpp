#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/experiments/run_archive.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

struct ImportCommand {
  std::string workspace;
  std::string file;
};

// So that it is found from anywhere. "" or what prevents that.
std::string note_in_home(const RunRecord& run) {
  try {
    note_known_run({run.experiment, run.id, fs::absolute(run.path)});
    return "";
  } catch (const Error& error) {
    return fmt::format("it is found in this workspace alone: {}\n",
                       error.what());
  }
}

Output import_one(const ImportCommand& command) {
  fs::path workspace = workspace_path(expand_path(command.workspace));
  RunRecord run = read_run(import_run(expand_path(command.file), workspace));
  std::string text =
      fmt::format("{} is there: {}\n", name_of(run), run.path.string());
  return {text + note_in_home(run)};
}

}  // namespace

void add_import(CLI::App& app, Command& chosen) {
  auto command = std::make_shared<ImportCommand>();
  CLI::App* import_app =
      app.add_subcommand("import", "unpack a run that thexp export packed");
  import_app->add_option("file", command->file, "what thexp export wrote")
      ->required();
  import_app->add_option("--workspace", command->workspace, kWorkspaceHelp);
  import_app->callback([&chosen, command] {
    chosen = {[command] { return import_one(*command); }};
  });
}

}  // namespace thexp::cli
