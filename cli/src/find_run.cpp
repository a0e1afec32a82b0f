#include "find_run.h"

#include <optional>
#include <set>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

// A run of another workspace that the home folder knows by this name. Here is
// where to look it up.
std::optional<RunRecord> find_known_run(const std::string&) {
  return std::nullopt;
}

}  // namespace

RunRecord find_run(const std::string& workspace, const std::string& name) {
  if (fs::exists(fs::path(name) / "run.json")) return read_run(name);
  try {
    return Workspace(workspace_path(expand_path(workspace))).find(name);
  } catch (const Error&) {
    if (auto known = find_known_run(name)) return *known;
    throw;
  }
}

std::vector<fs::path> all_run_folders(const std::string& workspace) {
  fs::path root = workspace_path(expand_path(workspace));
  std::set<fs::path> folders;
  if (!workspace.empty() || fs::exists(root)) {
    for (const RunRecord& run : Workspace(root).runs()) {
      folders.insert(fs::canonical(run.path));
    }
  }
  if (workspace.empty()) {
    for (const KnownRun& run : known_runs()) {
      if (run.is_there()) folders.insert(fs::canonical(run.path));
    }
  }
  return {folders.begin(), folders.end()};
}

}  // namespace thexp::cli
