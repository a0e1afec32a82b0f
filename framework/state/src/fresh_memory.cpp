#include "fresh_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <cstdint>
#include <memory>
#include <new>

namespace thexp {
namespace {

constexpr std::size_t kSmall = std::size_t{4} << 10;
constexpr std::size_t kHuge = std::size_t{2} << 20;

std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// A last piece that fills more than half of a large page gets one.
std::size_t mapped_bytes(std::size_t bytes) {
  bool large_end = bytes % kHuge > kHuge / 2;
  return rounded_up(bytes, large_end ? kHuge : kSmall);
}

struct Mapping {
  void* start;
  std::size_t bytes;

  static void remove(void* context) {
    std::unique_ptr<Mapping> mapping(static_cast<Mapping*>(context));
    ::munmap(mapping->start, mapping->bytes);
  }
};

// Maps more than is wanted and gives the ends back, so that it begins where a
// large page does.
void* map_aligned(std::size_t bytes) {
  void* given = ::mmap(nullptr, bytes + kHuge, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (given == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(given);
  std::size_t before =
      rounded_up(reinterpret_cast<std::uintptr_t>(begin), kHuge) -
      reinterpret_cast<std::uintptr_t>(begin);
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + bytes, kHuge - before);
  return begin + before;
}

c10::DataPtr large_memory(std::size_t bytes) {
  auto mapping = std::make_unique<Mapping>();
  mapping->bytes = mapped_bytes(bytes);
  mapping->start = map_aligned(mapping->bytes);
#ifdef MADV_HUGEPAGE
  // A hint: where there are no large pages, small ones do.
  ::madvise(mapping->start, mapping->bytes, MADV_HUGEPAGE);
#endif
  void* start = mapping->start;
  return {start, mapping.release(), &Mapping::remove, c10::Device(c10::kCPU)};
}

}  // namespace

c10::Storage fresh_storage(std::size_t bytes) {
  c10::Allocator* allocator = c10::GetCPUAllocator();
  return c10::Storage(
      c10::Storage::use_byte_size_t(), bytes,
      bytes < kHuge ? allocator->allocate(bytes) : large_memory(bytes),
      allocator, /*resizable=*/true);
}

}  // namespace thexp
