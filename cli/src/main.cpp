// thexp: looks into a workspace and into checkpoints. Exit codes: 0 done, 1 an
// error, 2 wrong usage; `ckpt diff`, like diff: 1 different, 2 trouble.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "commands.h"
#include "completion.h"
#include "thexp/base/text.h"

namespace {

using namespace thexp::cli;

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
  std::string hint = near.empty() ? "" : "; did you mean '" + near + "'?";
  std::string help = app.get_parent() == nullptr ? "thexp" : "thexp ckpt";
  return "no command '" + word + "'" + hint + " (" + help +
         " --help lists the commands)";
}

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2) return "";
  std::string first = argv[1];
  bool is_ckpt = first == "ckpt" && argc > 2;
  return is_ckpt ? unknown_command(*app.get_subcommand("ckpt"), argv[2])
                 : unknown_command(app, first);
}

// What people wrote, strangers too, sends a terminal no commands.
std::string harmless(std::string text) {
  for (char& c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool is_control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
    if (is_control) c = '?';
  }
  return text;
}

int run(const Command& command) {
  try {
    Output output = command.run();
    bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
    const std::string text =
        is_terminal ? harmless(std::move(output.text)) : output.text;
    bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0;
    if (written) return output.exit_code;
    std::perror("thexp: cannot write to standard output");
  } catch (const std::exception& error) {
    std::cerr << "thexp: " << error.what() << "\n";
  }
  return command.trouble;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows the runs and checkpoints that thexp programs stored.",
               "thexp");
  app.set_version_flag("--version", "thexp " THEXP_VERSION);
  app.require_subcommand(1);
  Command command;
  add_ls(app, command);
  add_recent(app, command);
  add_show(app, command);
  add_log(app, command);
  add_find(app, command);
  add_metrics(app, command);
  add_params(app, command);
  add_path(app, command);
  add_diff(app, command);
  add_record(app, command);
  add_title(app, command);
  add_table(app, command);
  add_ckpt(app, command);
  add_code(app, command);
  add_tag(app, command);
  add_note(app, command);
  add_describe(app, command);
  add_rm(app, command);
  add_restore(app, command);
  add_gc(app, command);
  add_export(app, command);
  add_import(app, command);
  add_init(app, command);
  add_config(app, command);
  add_tb(app, command);
  add_completion(app, command);
  add_man(app, command);
  if (argc > 1 && std::string(argv[1]) == "__complete") {
    return run({[&] {
      return Output{complete(app, {argv + 2, argv + argc})};
    }});
  }
  std::string problem = unknown_command(app, argc, argv);
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
