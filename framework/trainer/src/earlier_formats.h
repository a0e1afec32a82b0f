#pragma once

#include "thexp/state/state.h"

namespace thexp {

/// Turns a checkpoint's own part ("thexp") of an earlier format into one of
/// Checkpoint::kFormat. @throws FormatError for a format that is not known.
void upgrade_format(State& own);

}  // namespace thexp
