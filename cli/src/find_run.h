#pragma once

#include <string>

#include "thexp/tracking/run_record.h"

namespace thexp::cli {

constexpr const char* kWorkspaceHelp =
    "folder of all experiments (default: $THEXP_WORKSPACE, else ./runs)";
constexpr const char* kRunHelp =
    "an id, its beginning or end, an experiment (its newest run), "
    "experiment/3, @-1 (the newest), a tag, or a path";

// The run that `name` means; the path of a run folder works without a
// workspace. @throws as Workspace::find()
RunRecord find_run(const std::string& workspace, const std::string& name);

}  // namespace thexp::cli
