#pragma once

#include <string>
#include <vector>

#include "exercises.h"
#include "thexp/drill/drill.h"

namespace thexp {

/// All exercises, in a temporary folder.
DrillReport run_drill(const SessionRunner& runner,
                      bool own_processes,
                      const DrillOptions& options);

/// Starts this program again with `argv` for one session, and waits for it at
/// most so many seconds. @throws Error when an interrupt was noted.
DrillOutcome run_in_process(const DrillSession& session,
                            double seconds,
                            const std::vector<std::string>& argv);

}  // namespace thexp
