#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"

namespace thexp::cli {
namespace {

struct ParamsOptions {
  std::string workspace;
  std::string run;
  bool json = false;
};

// "optim.lr: 0.1", a line for each value.
void add_lines(const Value& dict, const std::string& above, std::string& text) {
  for (const auto& [key, value] : dict.as_dict()) {
    std::string path = above + key;
    if (value.is_dict()) {
      add_lines(value, path + ".", text);
    } else {
      text += path + ": " + value.to_json() + "\n";
    }
  }
}

const Value& params_of(const RunRecord& run) {
  if (!run.params().as_dict().empty()) return run.params();
  const Value* earlier = run.info().find("params");
  return earlier != nullptr && earlier->is_dict() ? *earlier : run.params();
}

// The file as it is, with its comments; it can be given to --config.
Output params(const ParamsOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  if (options.json) return {params_of(run).to_json(2) + "\n"};
  fs::path file = run.path / "params.yaml";
  if (fs::exists(file)) return {read_file(file)};
  std::string text;
  add_lines(params_of(run), "", text);
  return {text.empty() ? "the run has recorded no parameters\n" : text};
}

}  // namespace

void add_params(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ParamsOptions>();
  CLI::App* command = app.add_subcommand(
      "params", "print a run's parameters, as --config takes them");
  command->add_option("run", options->run, kRunHelp)->required();
  command->add_option("--workspace", options->workspace, kWorkspaceHelp);
  command->add_flag("--json", options->json, "print JSON");
  command->callback([&chosen, options] {
    chosen = {[options] { return params(*options); }};
  });
}

}  // namespace thexp::cli
