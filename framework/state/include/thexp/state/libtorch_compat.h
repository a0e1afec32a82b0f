#pragma once

/// What LibTorch 1.13 and 2 do differently, and this project needs: all of it
/// is here. (Their Python sides: tests/interop.)

#include <ATen/core/Tensor.h>

#include <sstream>
#include <type_traits>

// Operations on lists of tensors, one kernel for all on a GPU. The last of
// them to come is asked for; LibTorch 1.13 has none.
#if __has_include(<ATen/ops/_foreach_copy.h>)
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#define THEXP_HAS_FOREACH 1
#else
#define THEXP_HAS_FOREACH 0
#endif

namespace thexp {

/// A parameter's key in an optimizer's `state()`: LibTorch 1 keeps the address
/// of its implementation as text, LibTorch 2 as a pointer.
template <typename OptimizerState>
typename OptimizerState::key_type optimizer_key(const OptimizerState&,
                                                const at::Tensor& parameter) {
  if constexpr (std::is_pointer_v<typename OptimizerState::key_type>) {
    return parameter.unsafeGetTensorImpl();
  } else {
    std::ostringstream address;  // as LibTorch 1 writes it
    address << parameter.unsafeGetTensorImpl();
    return address.str();
  }
}

}  // namespace thexp
