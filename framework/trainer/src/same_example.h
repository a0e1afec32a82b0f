#pragma once

#include "phase_loaders.h"
#include "position.h"
#include "thexp/base/value.h"
#include "thexp/tracking/logger.h"

namespace thexp {

/// After a state was loaded: where the training data now comes in batches of
/// another size than `saved_data` says, the epoch goes on at the same example.
/// What is left of the batch that has it is trained first.
void go_on_at_same_example(Position& position,
                           const PhaseLoaders& loaders,
                           const Value& saved_data,
                           Logger& logger);

}  // namespace thexp
