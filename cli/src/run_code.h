#pragma once

#include "thexp/snapshot/snapshot.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The snapshot of a run's code, of kind kNone where it has none. The copies lie
// beside the experiments of a workspace, wherever that is now.
Snapshot code_of(const RunRecord& run, const fs::path& workspace);

// The same in the workspace that the run lies in.
Snapshot code_of(const RunRecord& run);

}  // namespace thexp::cli
