#pragma once

#include <cstdlib>
#include <string>

namespace thexp_test {

/// Where tests train: what the environment's THEXP_TEST_DEVICE says ("cuda"),
/// else the CPU, also on a machine with a GPU.
inline std::string test_device() {
  const char* name = std::getenv("THEXP_TEST_DEVICE");
  return name == nullptr || *name == '\0' ? "cpu" : name;
}

}  // namespace thexp_test
