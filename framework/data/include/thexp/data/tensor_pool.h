#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

/// Memory for batches, used again once nothing else holds it: a tensor, a view
/// of it, or an autograd graph that saved it keeps its memory safe. (A bare
/// data pointer does not.) Each take() gives a new tensor; only the memory
/// under it is old. Usable from several threads.
///
/// Pinned tensors are not kept here: LibTorch's own pinned-memory cache reuses
/// them, and knows about asynchronous copies that are under way.
class TensorPool {
 public:
  /// Free memory beyond `spare` buffers of a size is given back.
  explicit TensorPool(bool pin_memory = false, int spare = 2)
      : pin_memory_(pin_memory), spare_(spare) {}

  /// An uninitialised contiguous CPU tensor.
  at::Tensor take(at::IntArrayRef shape, at::ScalarType type);

  bool pin_memory() const { return pin_memory_; }

 private:
  c10::Storage storage_of(std::size_t bytes);

  bool pin_memory_;
  int spare_;
  std::mutex mutex_;
  std::vector<c10::Storage> storages_;
};

}  // namespace thexp
