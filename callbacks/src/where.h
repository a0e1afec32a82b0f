#pragma once

#include <string>

namespace thexp {

class Trainer;

/// Where training stands, for the log and the progress line: "epoch 3/10", or
/// "step 500/2000" where it is by steps. The epoch is that of the newest step.
std::string where_in_training(const Trainer& trainer);

/// The same within an epoch: "epoch 3/10, step 500", "step 500/2000".
std::string step_in_training(const Trainer& trainer);

}  // namespace thexp
