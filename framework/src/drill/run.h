#pragma once

#include <string>
#include <vector>

#include "exercises.h"
#include "thexp/framework/drill.h"

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

/// True in a process that run_in_process() started.
bool is_drill_process();

/// What that process does: its session. Its exit code is of no importance.
int perform_asked_session(const TrainerFactory& make_trainer);

/// What `--drill` does: a drill in processes, told on the terminal.
int drill_program(TrainerParams& params,
                  const TrainerFactory& make_trainer,
                  const std::vector<std::string>& argv);

}  // namespace thexp
