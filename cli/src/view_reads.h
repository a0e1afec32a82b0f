#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "thexp/archive/archive_value.h"

namespace thexp::cli {

// Bytes of elements that may be read for what files say. A few bytes in one
// can name a large storage again and again: all its tensors together may have
// as many times its bytes as repeats_too_often() lets one have of its storage.
class ReadAllowance {
 public:
  static constexpr uint64_t kTimes = 16;
  static constexpr uint64_t kFree = 1 << 20;

  explicit ReadAllowance(uint64_t file_bytes)
      : left_(kFree + kTimes * file_bytes) {}

  // False, and nothing is taken, when that is more than is left.
  [[nodiscard]] bool take(uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  uint64_t left_;
};

// Equal for tensors that are the same elements of one storage.
using ViewKey = std::tuple<const ArchiveBytes*,
                           ElementType,
                           int64_t,
                           std::vector<int64_t>,
                           std::vector<int64_t>>;

inline ViewKey view_key(const ArchiveTensor& tensor) {
  return {tensor.storage.get(), tensor.type, tensor.offset, tensor.sizes,
          tensor.strides};
}

}  // namespace thexp::cli
