#include "environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>
#include <torch/version.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

[[noreturn]] void throw_device(const std::string& name,
                               const std::string& problem) {
  throw UsageError(fmt::format("device '{}': {}", name, problem));
}

at::Device parse_device(const std::string& name) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw_device(name, "write cpu, cuda, cuda:N or auto");
  }
}

}  // namespace

int cuda_devices() {
  if (!at::hasCUDA()) return 0;
  return c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount();
}

at::Device device_called(const std::string& name) {
  int cuda = cuda_devices();
  if (name == "auto") return cuda > 0 ? at::Device("cuda:0") : at::kCPU;
  at::Device device = parse_device(name);
  if (device.is_cpu()) return device;
  if (!device.is_cuda()) throw_device(name, "write cpu, cuda, cuda:N or auto");
  if (cuda == 0) {
    throw_device(name,
                 "this machine (or this build of LibTorch) has no CUDA; use "
                 "--device=cpu");
  }
  if (device.index() >= cuda) {
    throw_device(name, fmt::format("there are {} CUDA devices, cuda:0 to "
                                   "cuda:{}",
                                   cuda, cuda - 1));
  }
  return device.has_index() ? device : at::Device(at::kCUDA, 0);
}

void make_current(at::Device device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
}

void set_determinism(const std::string& mode) {
  auto& context = at::globalContext();
  bool strict = mode == "strict";
  // LibTorch reads it once, at the first matrix product, and refuses all of
  // them in strict mode when it was not there then: a trainer in this mode may
  // come after one in another. A value of the user's stays.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
#if TORCH_VERSION_MAJOR > 2 || \
    (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
  // Else strict mode writes NaN into each new tensor before it is filled: all
  // batches would be written twice.
  context.setDeterministicFillUninitializedMemory(false);
#endif
  context.setBenchmarkCuDNN(mode == "benchmark");
  context.setDeterministicCuDNN(strict);
  context.setDeterministicAlgorithms(strict, /*warn_only=*/false);
}

void set_threads(int64_t count) {
  if (count > 0) at::set_num_threads(static_cast<int>(count));
}

void ignore_file_size_signal() {
  struct sigaction current {};
  sigaction(SIGXFSZ, nullptr, &current);
  if (current.sa_handler == SIG_DFL) signal(SIGXFSZ, SIG_IGN);
}

std::string slow_blas() {
  if (dlsym(RTLD_DEFAULT, "openblas_get_config") != nullptr) return "";
  void* gemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (gemm == nullptr || dladdr(gemm, &info) == 0) return "";
  std::error_code error;
  fs::path file = fs::canonical(info.dli_fname, error);
  if (error) return "";
  bool reference = starts_with(file.filename().string(), "libblas.so") &&
                   file.parent_path().filename() == "blas";
  return reference ? file.string() : "";
}

int world_size() {
  const char* text = std::getenv("WORLD_SIZE");
  if (text == nullptr) return 1;
  const char* end = text + std::strlen(text);
  int size = 0;
  auto [rest, error] = std::from_chars(text, end, size);
  if (error == std::errc() && rest == end && size >= 1) return size;
  throw UsageError(fmt::format(
      "the environment's WORLD_SIZE is '{}'; it must be the number of "
      "processes that train together, 1 or more (or absent)",
      text));
}

std::vector<std::string> command_line() {
  std::string raw = read_file("/proc/self/cmdline");
  if (!raw.empty() && raw.back() == '\0') raw.pop_back();
  return split(raw, '\0');
}

}  // namespace thexp
