#pragma once

#include <cstdint>

#include "thexp/archive/archive_value.h"

namespace thexp::cli {

// How the elements of two tensors differ.
struct Difference {
  int64_t elements = 0;  // with other bits
  double largest = 0;    // |a - b| of those; NaN when one side is NaN
};

// Both of one type and shape. For complex numbers `largest` is that of their
// parts. FormatError for a tensor that repeats its elements without end.
Difference compare(const ArchiveTensor& a, const ArchiveTensor& b);

}  // namespace thexp::cli
