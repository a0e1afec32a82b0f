#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/text.h"
#include "thexp/experiments/labels.h"

namespace thexp::cli {
namespace {

struct DescribeOptions {
  std::string workspace;
  std::string run;
  std::vector<std::string> words;
};

Output describe(const DescribeOptions& options) {
  RunRecord run = find_run_here(options.workspace, options.run);
  Labels labels =
      options.words.empty()
          ? read_labels(run.path)
          : set_description(run.path, trim(join(options.words, " ")));
  std::string text = labels.description.value_or(run.description);
  return {fmt::format("{}: {}\n", name_of(run),
                      text.empty() ? "no description" : text)};
}

}  // namespace

void add_describe(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<DescribeOptions>();
  CLI::App* describe_app = app.add_subcommand(
      "describe", "give a run another description; without TEXT: print it");
  describe_app->add_option("run", options->run, kRunHelp)->required();
  describe_app->add_option("text", options->words,
                           "the description; '' for the run's own one");
  describe_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  describe_app->callback([&chosen, options] {
    chosen = {[options] { return describe(*options); }};
  });
}

}  // namespace thexp::cli
