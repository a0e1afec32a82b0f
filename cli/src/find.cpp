#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/experiments/find_file.h"

namespace thexp::cli {
namespace {

struct FindOptions {
  std::string workspace;
  std::string file;
  bool json = false;
};

std::string name_of(const fs::path& run) {
  return (run.parent_path().filename() / run.filename()).string();
}

bool is_there(const FileOrigin& origin) {
  std::error_code unreadable;
  return fs::exists(origin.path, unreadable);
}

// Whether the file that the run left is there, and still what it was.
const char* condition_of(const FileOrigin& origin) {
  if (!origin.has_content) return "changed since";
  return is_there(origin) ? "as it was" : "gone from there";
}

Value json_of(const FileOrigin& origin) {
  return Value::Dict{{"run", name_of(origin.run)},
                     {"folder", origin.run.string()},
                     {"path", origin.path.string()},
                     {"state", file_state_name(origin.file.state)},
                     {"time", iso8601(origin.file.time)},
                     {"bytes", static_cast<int64_t>(origin.file.bytes)},
                     {"xxh3", origin.file.hash},
                     {"same_content", origin.has_content},
                     {"is_there", is_there(origin)}};
}

std::string lines_of(const std::vector<FileOrigin>& found) {
  std::size_t runs = 0, files = 0;
  for (const FileOrigin& each : found) {
    runs = std::max(runs, display_width(name_of(each.run)));
    files = std::max(files, display_width(each.file.path));
  }
  std::string text;
  for (const FileOrigin& each : found) {
    text += fmt::format(
        "{}  {}  {:8}  {}  {}\n", pad_width(name_of(each.run), runs),
        pad_width(each.file.path, files), file_state_name(each.file.state),
        format_time(each.file.time, "%Y-%m-%d %H:%M"), condition_of(each));
  }
  return text;
}

Output find(const FindOptions& options) {
  std::vector<FileOrigin> found =
      find_file(options.file, all_run_folders(options.workspace));
  if (options.json) {
    Value::List list;
    for (const FileOrigin& each : found) list.push_back(json_of(each));
    return {Value(std::move(list)).to_json(2) + "\n", found.empty() ? 1 : 0};
  }
  if (!found.empty()) return {lines_of(found)};
  throw UsageError(fmt::format("no run that is known made '{}'", options.file));
}

}  // namespace

void add_find(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<FindOptions>();
  CLI::App* find_app = app.add_subcommand(
      "find",
      "say which run made a file, by its content, and whether it is "
      "still what it was");
  find_app->add_option("file", options->file, "any file")->required();
  find_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  find_app->add_flag("--json", options->json, "print JSON");
  find_app->callback(
      [&chosen, options] { chosen = {[options] { return find(*options); }}; });
}

}  // namespace thexp::cli
