#pragma once

#include <string>
#include <vector>

#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"

namespace torch::nn {
class Module;
}

namespace thexp {

/// Parameters and buffers under Python's dotted names ("0.weight"), in the
/// order of Python's `state_dict()`. The tensors alias the module's: clone()
/// what is to stay as it is.
State module_state(const torch::nn::Module& module);

/// What a load did, name by name.
struct ModuleLoad {
  std::vector<std::string> loaded;      ///< in the module's order
  std::vector<std::string> missing;     ///< in the state, in the same order
  std::vector<std::string> unexpected;  ///< in the state's order
};

/// Copies `state` into the module's parameters and buffers, across devices.
/// @throws FormatError that lists every missing, unexpected, wrongly shaped
/// and wrongly typed name; the module is then unchanged. With `strict` false,
/// missing and unexpected names are only reported, the other two are errors
/// all the same.
ModuleLoad load_module_state(torch::nn::Module& module,
                             const State& state,
                             bool strict = true);

/// Strict, as a part of a plan in which it is called `what`.
void load_module_state(LoadPlan& plan,
                       const std::string& what,
                       torch::nn::Module& module,
                       const State& state);

}  // namespace thexp
