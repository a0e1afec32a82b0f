#pragma once

#include <vector>

#include "thexp/snapshot/snapshot.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The snapshot of a run's code, of kind kNone where it has none. The copies lie
// beside the experiments of a workspace, wherever that is now.
Snapshot code_of(const RunRecord& run, const fs::path& workspace);

// The same in the workspace that the run lies in.
Snapshot code_of(const RunRecord& run);

// All of a run's processes: that one, and those of before it went on with
// changed code.
std::vector<Snapshot> all_code_of(const RunRecord& run,
                                  const fs::path& workspace);

}  // namespace thexp::cli
