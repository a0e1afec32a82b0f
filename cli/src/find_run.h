#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

constexpr const char* kWorkspaceHelp =
    "folder of all experiments (default: $THEXP_WORKSPACE, else ./runs)";
constexpr const char* kRunHelp =
    "an id, its beginning or end, an experiment (its newest run), "
    "experiment/3, @-1 (the newest), a tag, or a path";

// The run that `name` means; the path of a run folder works without a
// workspace. Where the workspace has none, and was not named, those that the
// home folder knows are looked through. @throws as Workspace::find()
RunRecord find_run(const std::string& workspace, const std::string& name);

// The same for commands that change the run: it must be in this workspace, or
// be named by its path.
RunRecord find_run_here(const std::string& workspace, const std::string& name);

// The folders of all runs: of the workspace, and, where none is named, of the
// runs that the home folder knows.
std::vector<fs::path> all_run_folders(const std::string& workspace);

}  // namespace thexp::cli
