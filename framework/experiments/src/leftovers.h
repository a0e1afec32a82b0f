#pragma once

#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/file.h"

namespace thexp {

// What killed processes left in a workspace: temporary files of ours in runs
// that no process writes, and folders of imports that never ended. Only what
// is older than an hour: a younger one may be somebody's who still works on it.
std::vector<fs::path> find_leftovers(const fs::path& workspace,
                                     const Clock& clock);

// Where an import puts a run together; a folder of the workspace.
constexpr const char* kIncoming = ".incoming";

}  // namespace thexp
