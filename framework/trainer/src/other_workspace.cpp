#include "other_workspace.h"

#include <set>
#include <string>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

bool names_a_run(const TrainerParams& params) {
  const std::string& wanted = *params.resume;
  std::error_code unreadable;
  return !wanted.empty() && wanted != "latest" &&
         params.origin("workspace") != "default" &&
         !fs::exists(fs::path(wanted), unreadable) &&
         fs::path(wanted).extension() != ".pt";
}

std::optional<RunRecord> find_in(const fs::path& root,
                                 const std::string& wanted) {
  if (!fs::is_directory(root)) return std::nullopt;
  try {
    return Workspace(root).find(wanted);
  } catch (const UnknownRunError&) {
    return std::nullopt;
  }
}

// The usual one comes first.
std::optional<RunRecord> find_anywhere(const std::string& wanted,
                                       const fs::path& other) {
  if (auto run = find_in(workspace_path(), wanted)) return run;
  std::optional<RunRecord> found;
  for (const fs::path& root : known_workspaces()) {
    if (fs::weakly_canonical(root) == fs::weakly_canonical(other)) continue;
    auto run = find_in(root, wanted);
    if (run && found) {
      throw UsageError("--resume=" + wanted + ": there is " +
                       found->path.string() + ", and " + run->path.string() +
                       "; give the run's folder");
    }
    if (run) found = std::move(run);
  }
  return found;
}

}  // namespace

std::optional<RunRecord> find_in_other_workspace(const TrainerParams& params) {
  if (!names_a_run(params)) return std::nullopt;
  const fs::path root = workspace_path(*params.workspace);
  if (find_in(root, *params.resume)) return std::nullopt;
  return find_anywhere(*params.resume, root);
}

}  // namespace thexp
