#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "thexp/archive/element_type.h"

namespace thexp {

/// "tensor float32 [3, 4]"
std::string describe_tensor(const at::Tensor& tensor);

/// The dtype in Python's words ("float32"); LibTorch's for other types.
std::string dtype_name(at::ScalarType type);

std::optional<ElementType> element_type_of(at::ScalarType type);
at::ScalarType scalar_type_of(ElementType type);

/// A copy with memory of its own, strides kept where they are dense.
at::Tensor copy_of(const at::Tensor& tensor);

/// Contiguous, in the computer's memory, conjugation and negation done; the
/// tensor itself where it is all that already.
at::Tensor to_host(const at::Tensor& tensor);

/// All bytes of the tensor's storage, as a one-dimensional uint8 tensor in
/// the computer's memory (an alias when it is there).
at::Tensor storage_bytes(const at::Tensor& tensor);

/// Equal dtype, sizes, and element bits.
bool same_tensor_bits(const at::Tensor& a, const at::Tensor& b);

}  // namespace thexp
