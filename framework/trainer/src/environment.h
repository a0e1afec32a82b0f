#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace thexp {

/// How many CUDA devices there are.
int cuda_devices();

/// The device called "cpu", "cuda", "cuda:N" or "auto" (CUDA when there is
/// one). @throws UsageError when it does not exist, saying which do.
at::Device device_called(const std::string& name);

/// Makes a device the current one of the calling thread, which is what
/// `torch::kCUDA` without a number means.
void make_current(at::Device device);

/// "benchmark", "normal" or "strict": which kernels LibTorch may pick.
void set_determinism(const std::string& mode);

/// 0 leaves LibTorch's own choice.
void set_threads(int64_t count);

/// Over a limit of file sizes (ulimit -f) a write then fails and says so,
/// instead of a signal that ends the process.
void ignore_file_size_signal();

/// The file of the reference BLAS when LibTorch's matrix products run on it,
/// else empty. It is 7 to 25 times slower than OpenBLAS.
std::string slow_blas();

/// How many processes train together: what the environment's WORLD_SIZE says,
/// as torchrun sets it and c10d reads it; 1 without.
/// @throws UsageError when that is not a number of at least 1.
int world_size();

/// This process's command line.
std::vector<std::string> command_line();

}  // namespace thexp
