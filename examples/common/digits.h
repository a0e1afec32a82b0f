#pragma once

#include <cstdint>
#include <memory>

#include "thexp/data/dataset.h"

namespace examples {

/// `count` handwritten-looking digits, drawn by a program: strokes, moved,
/// turned, slanted, of varying width, with noise. Float images [784] in [0, 1]
/// and int64 labels; the same for the same seed.
std::shared_ptr<thexp::Dataset> draw_digits(int64_t count, uint64_t seed);

}  // namespace examples
