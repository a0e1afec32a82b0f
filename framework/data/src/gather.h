#pragma once

#include <cstddef>

#include "ATen/core/Tensor.h"

namespace thexp::detail {

/// True when rows of the tensor are plain bytes one after another on the CPU.
bool has_plain_rows(const at::Tensor& tensor);

/// Copies rows of `row_bytes` bytes from `source` to `out`, in order.
void gather_rows(const char* source,
                 std::size_t row_bytes,
                 at::IntArrayRef indices,
                 char* out);

/// @throws DataError for the first index outside [0, size).
void check_indices(at::IntArrayRef indices, int64_t size);

}  // namespace thexp::detail
