#pragma once

#include "thexp/state/state.h"

namespace torch::nn {
class Module;
}

namespace thexp {

/// Parameters and buffers under Python's dotted names ("0.weight"), in the
/// order of Python's `state_dict()`. The tensors alias the module's: clone()
/// what is to stay as it is.
State module_state(const torch::nn::Module& module);

/// Copies `state` into the module's parameters and buffers, across devices.
/// @throws FormatError that lists every missing, unexpected, wrongly shaped
/// and wrongly typed name; the module is then unchanged. With `strict` false,
/// missing and unexpected names are let pass, the other two are not.
void load_module_state(torch::nn::Module& module,
                       const State& state,
                       bool strict = true);

}  // namespace thexp
