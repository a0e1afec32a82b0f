#include "find_run.h"

#include <set>

#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {

RunRecord find_run(const std::string& workspace, const std::string& name) {
  if (fs::exists(fs::path(name) / "run.json")) return read_run(name);
  return Workspace(workspace_path(expand_path(workspace))).find(name);
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
