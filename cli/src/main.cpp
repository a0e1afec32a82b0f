// thexp: looks into a workspace and into checkpoints. Exit codes: 0 done, 1 an
// error, 2 wrong usage; `ckpt diff`, like diff: 1 different, 2 trouble.
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
struct Command {
  std::function<Output()> run;
  int trouble = kError;  // the exit code when it throws
};

void add_ls(CLI::App& app, LsOptions& options, Command& command) {
  CLI::App* ls_app = app.add_subcommand("ls", "list runs, newest first");
  ls_app->add_option("experiment", options.experiment,
                     "only the runs of this experiment");
  ls_app->add_option("--workspace", options.workspace, kWorkspaceHelp);
  ls_app->add_flag("--json", options.json, "print JSON");
  ls_app->callback([&] { command = {[&] { return ls(options); }}; });
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
  show_app->callback([&] { command = {[&] { return show(options); }}; });
}

void add_ckpt_show(CLI::App& ckpt, CkptShowOptions& options, Command& command) {
  CLI::App* app = ckpt.add_subcommand(
      "show", "list tensors (type, shape, size, CRC-32) and values");
  app->add_option("file", options.file, "a .pt or safetensors file")
      ->required();
  app->add_flag("--json", options.json, "print JSON");
  app->callback([&] { command = {[&] { return ckpt_show(options); }}; });
}

void add_ckpt_diff(CLI::App& ckpt, CkptDiffOptions& options, Command& command) {
  CLI::App* app = ckpt.add_subcommand(
      "diff", "compare two files; ends with 1 when they differ");
  app->add_option("a", options.first, "a .pt or safetensors file")->required();
  app->add_option("b", options.second, "another one")->required();
  app->callback([&] {
    command = {[&] { return ckpt_diff(options); }, kUsage};
  });
}

void add_ckpt_convert(CLI::App& ckpt,
                      CkptConvertOptions& options,
                      Command& command) {
  CLI::App* app = ckpt.add_subcommand(
      "convert", "make a safetensors file of a .pt file, or the reverse");
  app->add_option("in", options.from, "the file to read")->required();
  app->add_option("out", options.to,
                  "the file to write; its suffix (.pt, .safetensors) says the "
                  "format")
      ->required();
  app->add_flag("--tensors-only", options.tensors_only,
                "leave out what safetensors cannot hold");
  app->add_option("--dtype", options.dtype,
                  "make all real tensors float16, bfloat16, float32 or "
                  "float64; IN and OUT may then be of one format");
  app->callback([&] { command = {[&] { return ckpt_convert(options); }}; });
}

struct CkptOptions {
  CkptShowOptions show;
  CkptDiffOptions diff;
  CkptConvertOptions convert;
};

void add_ckpt(CLI::App& app, CkptOptions& options, Command& command) {
  CLI::App* ckpt = app.add_subcommand("ckpt", "look into checkpoint files");
  ckpt->require_subcommand(1);
  add_ckpt_show(*ckpt, options.show, command);
  add_ckpt_diff(*ckpt, options.diff, command);
  add_ckpt_convert(*ckpt, options.convert, command);
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
  std::string help = app.get_parent() == nullptr ? "thexp" : "thexp ckpt";
  return "no command '" + word + "'; " + hint + " (" + help + " --help)";
}

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2) return "";
  std::string first = argv[1];
  bool is_ckpt = first == "ckpt" && argc > 2;
  return is_ckpt ? unknown_command(*app.get_subcommand("ckpt"), argv[2])
                 : unknown_command(app, first);
}

int run(const Command& command) {
  try {
    Output output = command.run();
    const std::string& text = output.text;
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
  LsOptions ls_options;
  ShowOptions show_options;
  CkptOptions ckpt_options;
  Command command;
  add_ls(app, ls_options, command);
  add_show(app, show_options, command);
  add_ckpt(app, ckpt_options, command);
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
