#pragma once

#include "exercises.h"
#include "thexp/drill/drill.h"

namespace thexp::detail {

/// All exercises, in a temporary folder. @throws UsageError for negative
/// seconds, FileError without a temporary folder.
DrillReport run_drill(const SessionRunner& runner,
                      bool own_processes,
                      const DrillOptions& options);

}  // namespace thexp::detail
