#include "thexp/data/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace thexp {
namespace {

// A batch may have thousands of examples; the first few tell where to look.
std::string first_of(at::IntArrayRef indices) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(indices.size(), kShown); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", indices[i]);
  }
  return indices.size() > kShown ? text + ", …" : text;
}

}  // namespace

DataError DataError::in_example(int64_t index, const std::string& cause) {
  return DataError(fmt::format("cannot load example {}: {}", index, cause));
}

DataError DataError::in_batch(int64_t epoch,
                              int64_t batch_index,
                              at::IntArrayRef examples,
                              const std::string& cause) {
  return DataError(
      fmt::format("cannot load batch {} of epoch {} (examples {}): {}",
                  batch_index, epoch, first_of(examples), cause));
}

DataError DataError::index_out_of_range(int64_t index, int64_t size) {
  return DataError(
      size == 0
          ? fmt::format("index {} is out of range: the dataset is empty", index)
          : fmt::format("index {} is out of range: the dataset has {} examples "
                        "(0 to {})",
                        index, size, size - 1));
}

}  // namespace thexp
