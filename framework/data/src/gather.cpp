#include "gather.h"

#include <cstring>

#include "thexp/data/error.h"

namespace thexp::detail {
namespace {

constexpr std::size_t kCacheLine = 64;

// Rows lie anywhere in memory: without this, each begins with a cache and TLB
// miss that the hardware cannot foresee.
inline void prefetch_row(const char* row, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(row + at, 0, 0);
  }
}

template <typename T>
void gather_values(const char* source, at::IntArrayRef indices, char* out) {
  const T* from = reinterpret_cast<const T*>(source);
  T* to = reinterpret_cast<T*>(out);
  for (std::size_t i = 0; i < indices.size(); ++i) to[i] = from[indices[i]];
}

void gather_blocks(const char* source,
                   std::size_t row_bytes,
                   at::IntArrayRef indices,
                   char* out) {
  constexpr std::size_t kAhead = 2;
  constexpr std::size_t kMostPrefetched = 4096;
  const std::size_t prefetched = std::min(row_bytes, kMostPrefetched);
  const std::size_t count = indices.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      prefetch_row(source + indices[i + kAhead] * row_bytes, prefetched);
    }
    std::memcpy(out + i * row_bytes, source + indices[i] * row_bytes,
                row_bytes);
  }
}

}  // namespace

bool has_plain_rows(const at::Tensor& tensor) {
  return tensor.layout() == at::kStrided && tensor.device().is_cpu() &&
         !tensor.is_quantized() && !tensor.is_conj() && !tensor.is_neg() &&
         tensor.is_contiguous();
}

void gather_rows(const char* source,
                 std::size_t row_bytes,
                 at::IntArrayRef indices,
                 char* out) {
  switch (row_bytes) {
    case 1:
      return gather_values<uint8_t>(source, indices, out);
    case 2:
      return gather_values<uint16_t>(source, indices, out);
    case 4:
      return gather_values<uint32_t>(source, indices, out);
    case 8:
      return gather_values<uint64_t>(source, indices, out);
    default:
      return gather_blocks(source, row_bytes, indices, out);
  }
}

void check_indices(at::IntArrayRef indices, int64_t size) {
  for (int64_t index : indices) {
    if (index < 0 || index >= size) {
      throw DataError::index_out_of_range(index, size);
    }
  }
}

}  // namespace thexp::detail
