#pragma once

#include <cstdint>
#include <string>

#include "ATen/core/Tensor.h"
#include "thexp/base/error.h"

namespace thexp {

/// An example or a batch could not be loaded. Where another exception was the
/// cause, it is nested (`std::rethrow_if_nested`) and its message is part of
/// this one.
class DataError : public Error {
 public:
  using Error::Error;

  /// "cannot load example 17: <cause>"
  static DataError in_example(int64_t index, const std::string& cause);

  /// "cannot load batch 3 of epoch 2 (examples 17, 4, 9, …): <cause>"
  static DataError in_batch(int64_t epoch,
                            int64_t batch_index,
                            at::IntArrayRef examples,
                            const std::string& cause);

  /// "index 10 is out of range: the dataset has 10 examples (0 to 9)"
  static DataError index_out_of_range(int64_t index, int64_t size);
};

}  // namespace thexp
