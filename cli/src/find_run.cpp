#include "find_run.h"

#include <optional>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
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

}  // namespace thexp::cli
