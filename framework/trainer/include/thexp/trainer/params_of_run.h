#pragma once

#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// Parameters that are required and were not given are as the run has them that
/// `--resume` or `--auto_resume` asks for, if one does.
/// @throws UsageError when there is no such run, ParamError when what it has is
/// not allowed now.
void take_missing_from_run(TrainerParams& params);

}  // namespace thexp
