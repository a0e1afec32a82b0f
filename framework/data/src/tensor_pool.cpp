#include "thexp/data/tensor_pool.h"

#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/TensorImpl.h>

#include "tsan.h"

namespace thexp {
namespace {

// A program that keeps more batches than this, for each spare buffer, is their
// only owner: the pool forgets them.
constexpr std::size_t kMostKnown = 32;

std::size_t bytes_of(at::IntArrayRef shape, at::ScalarType type) {
  std::size_t count = 1;
  for (int64_t size : shape) count *= static_cast<std::size_t>(size);
  return count * c10::elementSize(type);
}

c10::Storage allocate(std::size_t bytes) {
  return c10::Storage(c10::Storage::use_byte_size_t(), bytes,
                      c10::GetCPUAllocator(), /*resizable=*/true);
}

// A new tensor over old memory: whatever its last user did to the tensor
// itself (requires_grad, a transpose in place) is gone.
at::Tensor tensor_over(c10::Storage storage,
                       at::IntArrayRef shape,
                       at::ScalarType type) {
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CPU),
      c10::scalarTypeToTypeMeta(type));
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  return tensor;
}

}  // namespace

at::Tensor TensorPool::take(at::IntArrayRef shape, at::ScalarType type) {
  const std::size_t bytes = bytes_of(shape, type);
  if (pin_memory_ || bytes == 0) {
    auto options = at::TensorOptions().dtype(type).device(at::kCPU);
    return at::empty(shape, options.pinned_memory(pin_memory_));
  }
  return tensor_over(storage_of(bytes), shape, type);
}

c10::Storage TensorPool::storage_of(std::size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  c10::Storage found;
  int spare = 0;
  for (std::size_t i = 0; i < storages_.size();) {
    c10::Storage& storage = storages_[i];
    // At a count of 1 only the pool holds it, so nothing else can come to
    // hold it from here on.
    const bool free = storage.nbytes() == bytes && storage.use_count() == 1;
    if (free && !found) {
      found = storage;
    } else if (free && ++spare > spare_) {
      storages_.erase(storages_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    ++i;
  }
  if (found) {
    detail::after_memory_was_found_free();
    return found;
  }
  const std::size_t most = kMostKnown * static_cast<std::size_t>(spare_ + 1);
  if (storages_.size() >= most) storages_.erase(storages_.begin());
  storages_.push_back(allocate(bytes));
  return storages_.back();
}

}  // namespace thexp
