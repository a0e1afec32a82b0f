#include "machine.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "thexp/base/processor.h"

extern char** environ;

namespace thexp {
namespace {

int64_t memory_bytes() {
  return int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
}

std::string compiler() {
#if defined(__clang__)
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__,
                     __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__,
                     __GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

}  // namespace

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->pw_name;
  const char* name = std::getenv("USER");  // a container without /etc/passwd
  return name != nullptr ? name : std::to_string(::geteuid());
}

Value hardware_here() {
  return Value::Dict{{"cpu", processor_name()},
                     {"cores", std::thread::hardware_concurrency()},
                     {"memory", memory_bytes()}};
}

Value versions_here() {
  return Value::Dict{{"thexp", THEXP_VERSION}, {"compiler", compiler()}};
}

Value environment_here(const std::vector<std::string>& patterns) {
  Value::Dict found;
  for (char** at = environ; *at != nullptr; ++at) {
    std::string entry = *at;
    std::string name = entry.substr(0, entry.find('='));
    bool wanted = std::any_of(
        patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
    if (wanted && name.size() < entry.size()) {
      found.emplace_back(name, entry.substr(name.size() + 1));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return found;
}

const std::vector<std::string>& common_environment() {
  static const std::vector<std::string> kPatterns = {
      "CUBLAS_*",        "CUDA_*",     "CUDNN_*",      "GLOO_*",
      "GOMP_*",          "KMP_*",      "LANG",         "LC_ALL",
      "LD_LIBRARY_PATH", "LD_PRELOAD", "LOCAL_RANK",   "MALLOC_*",
      "MKL_*",           "NCCL_*",     "OMP_*",        "OPENBLAS_*",
      "PYTORCH_*",       "RANK",       "SLURM_JOB_ID", "SLURM_NTASKS",
      "SLURM_PROCID",    "THEXP_*",    "TORCH_*",      "TZ",
      "WORLD_SIZE"};
  return kPatterns;
}

}  // namespace thexp
