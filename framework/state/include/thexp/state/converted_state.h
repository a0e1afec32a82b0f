#pragma once

#include <string>
#include <vector>

#include "thexp/state/state.h"

namespace torch::nn {
class Module;
}

namespace thexp {

/// A state whose tensors have the types of a module's.
struct ConvertedState {
  State state;
  std::vector<std::string> conversions;  ///< each once: "float16 to float32"
};

/// Real tensors (float16, bfloat16, float32, float64) become as wide as the
/// module's own of the same name; all else stays as it is.
/// @throws FormatError naming a tensor with values that were finite and are not
/// in the module's type.
ConvertedState converted_to_module(const State& state,
                                   const torch::nn::Module& module);

}  // namespace thexp
