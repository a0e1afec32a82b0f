#pragma once

#include "thexp/tracking/run.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// What run.json says of the process that trains: its command line, versions,
/// hardware and environment. Of a run that goes on, of the newest process.
void describe_process(const TrainerParams& params, RunOptions& options);

}  // namespace thexp
