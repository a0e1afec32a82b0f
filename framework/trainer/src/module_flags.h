#pragma once

#include <vector>

#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

/// What models are besides their tensors, by dotted names: "frozen" lists the
/// parameters that need no gradient, "eval" the modules in that mode.
State module_flags(const std::vector<Trainer::NamedModule>& models);

/// Puts them back. Names that are not listed are trained, and in train mode.
LoadPlan::Change prepare_module_flags(
    const std::vector<Trainer::NamedModule>& models, const State& flags);

}  // namespace thexp
