#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/experiments/labels.h"

namespace thexp::cli {
namespace {

struct TagOptions {
  std::string workspace;
  std::string run;
  std::vector<std::string> tags;
  bool remove = false;
  bool json = false;
};

Labels apply(const TagOptions& options, const RunRecord& run) {
  if (options.tags.empty()) return read_labels(run.path);
  return options.remove ? remove_tags(run.path, options.tags)
                        : add_tags(run.path, options.tags);
}

Output tag(const TagOptions& options) {
  RunRecord run = find_run_here(options.workspace, options.run);
  Labels labels = apply(options, run);
  if (options.json) {
    return {
        Value(Value::List(labels.tags.begin(), labels.tags.end())).to_json(2) +
        "\n"};
  }
  std::string tags = labels.tags.empty() ? "no tags" : join(labels.tags, ", ");
  return {fmt::format("{}: {}\n", name_of(run), tags)};
}

}  // namespace

void add_tag(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<TagOptions>();
  CLI::App* tag_app =
      app.add_subcommand("tag", "tag a run; without TAG: print its tags");
  tag_app->add_option("run", options->run, kRunHelp)->required();
  tag_app->add_option("tags", options->tags, "words such as baseline");
  tag_app->add_flag("--remove", options->remove, "take these tags away");
  tag_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  tag_app->add_flag("--json", options->json, "print its tags as JSON");
  tag_app->callback([&chosen, options] {
    if (options->remove && options->tags.empty()) {
      throw CLI::ValidationError("--remove", "name the tags to take away");
    }
    chosen = {[options] { return tag(*options); }};
  });
}

}  // namespace thexp::cli
