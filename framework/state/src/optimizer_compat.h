#pragma once

#include <torch/optim/optimizer.h>

#include <sstream>
#include <type_traits>

namespace thexp {

using OptimizerStateMap =
    std::decay_t<decltype(std::declval<torch::optim::Optimizer&>().state())>;

/// A parameter's key in an optimizer's state: LibTorch 1 keeps the address of
/// its implementation as text, LibTorch 2 as a pointer.
template <typename Key = OptimizerStateMap::key_type>
Key optimizer_key(const at::Tensor& parameter) {
  if constexpr (std::is_pointer_v<Key>) {
    return parameter.unsafeGetTensorImpl();
  } else {
    std::ostringstream address;  // as LibTorch 1 writes it
    address << parameter.unsafeGetTensorImpl();
    return address.str();
  }
}

}  // namespace thexp
