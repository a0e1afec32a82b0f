#pragma once

#include <string>

#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/until.h"

namespace thexp {

/// What stands in a run's params.yaml: what it is trained with, and how
/// far; not how it was begun (resume, allow, …), so that it can be trained
/// again with --config.
std::string run_yaml(const TrainerParams& params, const Until& until);

/// The same as a tree, for run.json; `epoch` and `steps` are null where they
/// limit nothing.
Value run_params(const TrainerParams& params, const Until& until);

}  // namespace thexp
