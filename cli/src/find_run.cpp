#include "find_run.h"

#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {

RunRecord find_run(const std::string& workspace, const std::string& name) {
  if (fs::exists(fs::path(name) / "run.json")) return read_run(name);
  return Workspace(workspace_path(expand_path(workspace))).find(name);
}

}  // namespace thexp::cli
