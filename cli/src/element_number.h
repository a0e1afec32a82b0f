#pragma once

#include "thexp/archive/element_type.h"

namespace thexp::cli {

// float16, bfloat16, float32 or float64.
bool is_real(ElementType type);

// An element of any type but int64, which a double does not hold. Of a complex
// one, the real part, which lies first.
double number_of(ElementType type, const char* data);

// Writes an element of a real type, rounded to nearest even through float32 as
// PyTorch does.
void put_number(ElementType type, double value, char* data);

}  // namespace thexp::cli
