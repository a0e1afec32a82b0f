#pragma once

#include <optional>

#include "thexp/tracking/run_record.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// The run that `--resume=RUN --workspace=OTHER` goes on from, where OTHER has
/// no such run: one of the usual workspace, or of those that the home folder
/// knows. A new run then begins in OTHER, and the old one stays as it is.
/// Nothing where no workspace was named, RUN is a path, or OTHER has it.
/// @throws UsageError when several runs fit, in OTHER or elsewhere.
std::optional<RunRecord> find_in_other_workspace(const TrainerParams& params);

}  // namespace thexp
