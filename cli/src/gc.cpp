#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "commands.h"
#include "find_run.h"
#include "run_code.h"
#include "run_text.h"
#include "thexp/base/clock.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/plural.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_archive.h"
#include "thexp/experiments/trash.h"
#include "thexp/snapshot/code.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"
#include "trash_text.h"

namespace thexp::cli {
namespace {

struct GcOptions {
  std::string workspace;
  std::string older;
  bool dry_run = false;
  bool json = false;
};

std::chrono::duration<double> age_of(const GcOptions& options) {
  if (options.older.empty()) return {};
  if (auto age = parse_duration(options.older)) return *age;
  throw UsageError(fmt::format(
      "--older: '{}' is not a duration; write 30d, 12h or 90m", options.older));
}

// Frees the code of deleted runs, and keeps what prevents that.
class CodeFreer {
 public:
  explicit CodeFreer(fs::path workspace) : workspace_(std::move(workspace)) {}

  void forget(const RunRecord& run) {
    if (was_imported(run.path) || is_known_elsewhere(run)) return;
    try {
      Snapshot code = code_of(run, workspace_);
      // run.json may be a stranger's, and name a branch.
      if (starts_with(code.ref, "refs/thexp/")) remove_snapshot(code);
    } catch (const Error& error) {
      problems_ += fmt::format("the code of {} stays in git: {}\n",
                               name_of(run), error.what());
    }
  }

  const std::string& problems() const { return problems_; }

 private:
  // Of a folder that was copied, the other one still has this code.
  bool is_known_elsewhere(const RunRecord& run) const {
    return std::any_of(places_.begin(), places_.end(),
                       [&](const KnownRun& place) {
                         return place.id == run.id && place.is_there();
                       });
  }

  fs::path workspace_;
  std::vector<KnownRun> places_ = noted_places();
  std::string problems_;
};

// Deletes the copies of code that no run needs any more, those in the trash
// included; returns how many bytes that freed. Of a run that cannot be read
// nobody knows what it needs: then all stay.
uint64_t free_copies(const Workspace& workspace, const Trash& trash) {
  const fs::path store = workspace.root() / ".code";
  if (!fs::exists(store)) return 0;
  std::vector<RunRecord> runs = workspace.runs();
  for (const TrashedRun& run : trash.runs()) {
    try {
      runs.push_back(read_run(run.path));
    } catch (const Error&) {
      return 0;
    }
  }
  std::vector<Snapshot> used;
  for (const RunRecord& run : runs) {
    if (run.status == RunStatus::kUnreadable) return 0;
    for (Snapshot& code : all_code_of(run, workspace.root())) {
      used.push_back(std::move(code));
    }
  }
  return remove_unused_copies(store, used);
}

Value json_of(const Garbage& garbage) {
  Value runs = Value::List{};
  Value leftovers = Value::List{};
  for (const TrashedRun& run : garbage.runs) {
    runs.as_list().push_back(to_json(run));
  }
  for (const fs::path& path : garbage.leftovers) {
    leftovers.as_list().push_back(path.string());
  }
  return Value::Dict{{"runs", runs},
                     {"leftovers", leftovers},
                     {"bytes", Value(garbage.bytes)}};
}

std::string text_of(const Garbage& garbage, bool dry_run) {
  if (garbage.runs.empty() && garbage.leftovers.empty()) {
    return "nothing to delete\n";
  }
  std::string text = trash_table(garbage.runs);
  for (const fs::path& path : garbage.leftovers) {
    text += "unfinished: " + path.string() + "\n";
  }
  auto runs = static_cast<int64_t>(garbage.runs.size());
  auto leftovers = static_cast<int64_t>(garbage.leftovers.size());
  return text + fmt::format("{}: {}, {} unfinished; {}\n",
                            dry_run ? "would be deleted" : "deleted",
                            plural(runs, "run"), leftovers,
                            size_text(garbage.bytes));
}

Output gc(const GcOptions& options) {
  Workspace workspace(workspace_path(expand_path(options.workspace)));
  Trash trash(workspace.root());
  Garbage garbage = trash.garbage(age_of(options));
  CodeFreer code(workspace.root());
  if (!options.dry_run) {
    trash.empty(garbage, [&](const RunRecord& run) { code.forget(run); });
    garbage.bytes += free_copies(workspace, trash);
  }
  if (options.json) return {json_of(garbage).to_json(2) + "\n"};
  return {text_of(garbage, options.dry_run) + code.problems()};
}

}  // namespace

void add_gc(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<GcOptions>();
  CLI::App* gc_app =
      app.add_subcommand("gc", "empty the trash for good, and clean up");
  gc_app->add_option("--older", options->older,
                     "only runs removed so long ago, such as 30d");
  gc_app->add_flag("--dry-run", options->dry_run, "delete nothing; say what");
  gc_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  gc_app->add_flag("--json", options->json, "print JSON");
  gc_app->callback(
      [&chosen, options] { chosen = {[options] { return gc(*options); }}; });
}

}  // namespace thexp::cli
