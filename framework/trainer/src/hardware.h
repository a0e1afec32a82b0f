#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace thexp {

/// What computes, as its maker calls it: "NVIDIA H200", or the processor's
/// name. Another one may round the last bits differently. Empty when unknown.
std::string hardware_of(c10::Device device);

/// The names of all CUDA devices.
std::vector<std::string> gpu_names();

/// "1.13.1", and what its matrix products run on: "OpenBLAS 0.3.21", "MKL",
/// the file of another one; empty when unknown.
std::string libtorch_version();
std::string blas_version();

}  // namespace thexp
