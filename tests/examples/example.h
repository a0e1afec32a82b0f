#pragma once

#include <algorithm>
#include <regex>
#include <string>

#include "process.h"
#include "temp_dir.h"
#include "test_device.h"

namespace thexp_test {

/// How an example starts: on one thread, so that tests beside it do not fight
/// for cores, and on the device of the tests, where it repeats bit for bit.
inline std::string example_command(const std::string& name) {
  std::string start = "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ";
  if (test_device() == "cpu") {
    return start + "CUDA_VISIBLE_DEVICES= " + program(name) + " --threads=1 ";
  }
  return start + program(name) + " --threads=1 --device=" + test_device() +
         " --determinism=strict ";
}

/// Runs an example in a folder.
inline Finished run_example(const TempDir& dir,
                            const std::string& name,
                            const std::string& arguments = "") {
  return run_shell(example_command(name) + arguments, dir.path());
}

/// The number behind the last `label` in the output ("eval @loss=").
inline double last_number(const std::string& output, const std::string& label) {
  std::size_t at = output.rfind(label);
  if (at == std::string::npos) {
    throw std::runtime_error("no '" + label + "' in:\n" + output);
  }
  return std::stod(output.substr(at + label.size()));
}

/// The only run folder below `dir`/runs.
inline std::filesystem::path only_run(const TempDir& dir) {
  namespace fs = std::filesystem;
  fs::path found;
  for (const auto& entry : fs::recursive_directory_iterator(dir / "runs")) {
    if (entry.path().filename() != "run.json") continue;
    if (!found.empty())
      throw std::runtime_error("several runs in " + dir.path().string());
    found = entry.path().parent_path();
  }
  return found;
}

}  // namespace thexp_test
