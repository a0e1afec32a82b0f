#pragma once

#include "thexp/state/state.h"

namespace torch::optim {
class Optimizer;
}

namespace thexp {

/// An optimizer's state and options in the layout of Python's
/// `optimizer.state_dict()`: `state` by parameter index, and `param_groups`
/// with their options and the indexes of their `params`. For SGD, Adam, AdamW,
/// RMSprop and Adagrad, and for any optimizer that is a Stateful itself.
/// The tensors alias the optimizer's.
/// @throws UsageError naming the type of another optimizer.
State optimizer_state(const torch::optim::Optimizer& optimizer);

/// Takes such a state back, from here or from Python, options included.
/// Options that change no result (`foreach`, `fused`, …) are let pass.
/// @throws FormatError listing all that does not fit (number of groups and
/// parameters, options, shapes, types); the optimizer is then unchanged.
void load_optimizer_state(torch::optim::Optimizer& optimizer,
                          const State& state);

}  // namespace thexp
