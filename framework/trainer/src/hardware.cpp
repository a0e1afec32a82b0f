#include "hardware.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/version.h>

#include "environment.h"
#include "thexp/base/processor.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

template <typename Function>
Function* function_of(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

// Asks the driver, which LibTorch has loaded: these three functions are the
// same in every version of it, and nothing has to be linked.
std::string cuda_device(int index) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  if (driver == nullptr) return "";
  auto* init = function_of<int(unsigned)>(driver, "cuInit");
  auto* get = function_of<int(int*, int)>(driver, "cuDeviceGet");
  auto* name_of = function_of<int(char*, int, int)>(driver, "cuDeviceGetName");
  int device = 0;
  char name[256] = "";
  bool known = init != nullptr && get != nullptr && name_of != nullptr &&
               init(0) == 0 && get(&device, index) == 0 &&
               name_of(name, sizeof(name), device) == 0;
  dlclose(driver);
  return known ? name : "";
}

}  // namespace

std::string hardware_of(c10::Device device) {
  if (device.is_cpu()) return processor_name();
  if (device.is_cuda()) return cuda_device(device.index());
  return "";
}

std::vector<std::string> gpu_names() {
  std::vector<std::string> names;
  for (int i = 0; i < cuda_devices(); ++i) names.push_back(cuda_device(i));
  return names;
}

std::string libtorch_version() { return TORCH_VERSION; }

// OpenBLAS's answer goes on with how it was built.
std::string blas_version() {
  auto* openblas = function_of<char*()>(RTLD_DEFAULT, "openblas_get_config");
  if (openblas != nullptr) {
    std::vector<std::string> words = split(openblas(), ' ');
    return words.size() < 2 ? "OpenBLAS" : words[0] + " " + words[1];
  }
  return at::hasMKL() ? "MKL" : slow_blas();
}

}  // namespace thexp
