#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace thexp::cli {
namespace {

struct PathOptions {
  std::string workspace;
  std::string run;
  std::string file;
  bool json = false;
};

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code unreadable;
  auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, unreadable), end;
       at != end; at.increment(unreadable)) {
    names.push_back(at->path().lexically_relative(folder).string());
  }
  return names;
}

// For scripts: `cd $(thexp path mnist)`.
Output path(const PathOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  fs::path path = fs::absolute(run.path).lexically_normal();
  if (!options.file.empty()) {
    fs::path file = path / options.file;
    if (!fs::exists(file)) {
      std::string near = closest_match(options.file, files_in(path));
      throw FileError(fmt::format(
          "the run {}/{} has no file '{}'{}", run.experiment, run.id,
          options.file,
          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    path = file;
  }
  if (options.json) return {Value(path.string()).to_json() + "\n"};
  return {path.string() + "\n"};
}

}  // namespace

void add_path(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<PathOptions>();
  CLI::App* command =
      app.add_subcommand("path", "print where a run, or a file of it, lies");
  command->add_option("run", options->run, kRunHelp)->required();
  command->add_option("file", options->file,
                      "a file of the run, such as checkpoints/best.pt");
  command->add_option("--workspace", options->workspace, kWorkspaceHelp);
  command->add_flag("--json", options->json, "print JSON");
  command->callback(
      [&chosen, options] { chosen = {[options] { return path(*options); }}; });
}

}  // namespace thexp::cli
