#pragma once

#include <string>
#include <vector>

#include "thexp/drill/drill.h"

namespace thexp {

/// The drill of a program: each session is a process of its own, and a kill is
/// SIGKILL. A session starts this program again with `argv`, whose main() must
/// then call perform_drill_session().
/// @throws UsageError for negative seconds, FileError without a temporary
/// folder, Error when an interrupt was noted.
DrillReport drill_in_processes(const std::vector<std::string>& argv,
                               const DrillOptions& options = {});

/// True in a process that drill_in_processes() started.
bool is_drill_process();

/// What that process does: its session. Its result is in a file.
void perform_drill_session(const TrainerFactory& make_trainer);

}  // namespace thexp
