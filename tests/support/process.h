#pragma once

#include <filesystem>
#include <string>

#include "thexp/base/process.h"

namespace thexp_test {

/// What a finished process left.
struct Finished {
  int exit_code = 0;   ///< 128 + the signal's number when a signal ended it
  std::string output;  ///< standard output and error, as they came
};

/// Runs a shell command in `folder` and waits for it.
inline Finished run_shell(const std::string& command,
                          const std::filesystem::path& folder) {
  thexp::Process shell(thexp::ProcessOptions({"sh", "-c", command})
                           .working_folder(folder)
                           .pipe_output(true)
                           .errors_to_output(true));
  Finished finished;
  finished.output = shell.read_all();
  thexp::ProcessEnd end = shell.wait();
  finished.exit_code = end.signal == 0 ? end.exit_code : 128 + end.signal;
  return finished;
}

/// The path of a program that this build made.
inline std::string program(const std::string& name) {
  return std::string(THEXP_BINARY_DIR) + "/bin/" + name;
}

}  // namespace thexp_test
