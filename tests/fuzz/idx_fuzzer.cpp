// IDX files, plain or gzip (told by their content), as files in memory.
#include <ATen/core/Tensor.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "thexp/base/error.h"
#include "thexp/data/idx.h"

namespace {

void read(const std::filesystem::path& path) {
  try {
    at::Tensor tensor = thexp::read_idx(path);
    static_cast<void>(tensor.numel());
  } catch (const thexp::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  int descriptor = ::memfd_create("input", 0);
  if (descriptor < 0) __builtin_trap();
  if (::write(descriptor, data, size) != static_cast<ssize_t>(size)) {
    __builtin_trap();
  }
  read("/proc/self/fd/" + std::to_string(descriptor));
  ::close(descriptor);
  return 0;
}
