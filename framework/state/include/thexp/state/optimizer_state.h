#pragma once

#include <string>

#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"

namespace torch::optim {
class Optimizer;
}

namespace thexp {

/// An optimizer's state and options in the layout of Python's
/// `optimizer.state_dict()`: `state` by parameter index, and `param_groups`
/// with their options and the indexes of their `params`. For SGD, Adam, AdamW,
/// RMSprop, Adagrad and LBFGS, and for any optimizer that is a Stateful itself.
/// The tensors alias the optimizer's.
/// @throws UsageError naming the type of another optimizer, and what to do.
State optimizer_state(const torch::optim::Optimizer& optimizer);

/// Takes such a state back, from here or from Python, options included.
/// Options that change no result (`foreach`, `fused`, …) are let pass.
/// @throws FormatError listing all that does not fit (number of groups and
/// parameters, options, shapes, types); the optimizer is then unchanged.
void load_optimizer_state(torch::optim::Optimizer& optimizer,
                          const State& state);

/// The same as a part of a plan in which it is called `what`. Both the
/// optimizer and the state must live until the plan was run.
void load_optimizer_state(LoadPlan& plan,
                          const std::string& what,
                          torch::optim::Optimizer& optimizer,
                          const State& state);

/// Moves the state of each parameter to the parameter's device: Adagrad makes
/// it in its constructor, maybe before the model moved to a GPU. Leaves an
/// optimizer that is a Stateful to itself.
void place_optimizer_state(torch::optim::Optimizer& optimizer);

}  // namespace thexp
