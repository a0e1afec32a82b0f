#pragma once

#include <vector>

#include "probe.h"
#include "thexp/drill/drill.h"

namespace thexp::detail {

// What can be seen of a trainer that has trained a few steps.

/// Does every trainable parameter get a gradient and an update, and does a
/// batch begin without the gradients of the one before? `learned`: some weight
/// changed. Trains three steps.
DrillResult inspect_gradients(Trainer& trainer,
                              const DrillProbe& probe,
                              bool learned);

/// Does an evaluation change nothing, and give the same twice?
DrillResult inspect_evaluation(Trainer& trainer);

/// Of all models.
std::vector<at::Tensor> parameters_of(const Trainer& trainer);

}  // namespace thexp::detail
