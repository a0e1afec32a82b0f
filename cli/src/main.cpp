// thexp: looks into a workspace. Exit codes: 0 done, 1 an error, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "commands.h"
#include "thexp/base/text.h"

namespace {

using namespace thexp::cli;

constexpr int kError = 1;
constexpr int kUsage = 2;

constexpr const char* kWorkspaceHelp =
    "folder of all experiments (default: $THEXP_WORKSPACE, else ./runs)";

// The command that was chosen, run after parsing.
using Command = std::function<std::string()>;

void add_ls(CLI::App& app, LsOptions& options, Command& command) {
  CLI::App* ls_app = app.add_subcommand("ls", "list runs, newest first");
  ls_app->add_option("experiment", options.experiment,
                     "only the runs of this experiment");
  ls_app->add_option("--workspace", options.workspace, kWorkspaceHelp);
  ls_app->add_flag("--json", options.json, "print JSON");
  ls_app->callback([&] { command = [&] { return ls(options); }; });
}

void add_show(CLI::App& app, ShowOptions& options, Command& command) {
  CLI::App* show_app = app.add_subcommand("show", "show one run");
  show_app
      ->add_option("run", options.run,
                   "an id, the beginning of one, an experiment (its newest "
                   "run), or a path")
      ->required();
  show_app->add_option("--workspace", options.workspace, kWorkspaceHelp);
  show_app->add_flag("--json", options.json, "print JSON");
  show_app->callback([&] { command = [&] { return show(options); }; });
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands(nullptr)) {
    names.push_back(one->get_name());
  }
  return names;
}

// CLI11 alone would say that a subcommand is required, and not name this one.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names = command_names(app);
  bool is_known = std::find(names.begin(), names.end(), word) != names.end();
  if (is_known || word.empty() || word[0] == '-') return "";
  std::string near = thexp::closest_match(word, names);
  std::string hint = near.empty() ? "commands: " + thexp::join(names, ", ")
                                  : "did you mean '" + near + "'?";
  return "no command '" + word + "'; " + hint + " (thexp --help)";
}

int run(const Command& command) {
  try {
    std::string text = command();
    bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0;
    if (written) return 0;
    std::perror("thexp: cannot write to standard output");
  } catch (const std::exception& error) {
    std::cerr << "thexp: " << error.what() << "\n";
  }
  return kError;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Lists and shows the runs that thexp programs have stored.",
               "thexp");
  app.set_version_flag("--version", "thexp " THEXP_VERSION);
  app.require_subcommand(1);
  LsOptions ls_options;
  ShowOptions show_options;
  Command command;
  add_ls(app, ls_options, command);
  add_show(app, show_options, command);
  std::string problem = unknown_command(app, argc > 1 ? argv[1] : "");
  if (!problem.empty()) {
    std::cerr << "thexp: " << problem << "\n";
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return run(command);
}
