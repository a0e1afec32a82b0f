#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace thexp_test {

/// What a finished process left.
struct Finished {
  int exit_code = 0;   ///< 128 + the signal's number when a signal ended it
  std::string output;  ///< standard output and error, as they came
};

/// Runs a shell command in `folder` and waits for it.
inline Finished run_shell(const std::string& command,
                          const std::filesystem::path& folder) {
  std::string line =
      "cd '" + folder.string() + "' && { " + command + "; } 2>&1";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"),
                                             [](FILE*) { return 0; });
  if (pipe == nullptr) throw std::runtime_error("cannot run: " + line);
  Finished finished;
  char buffer[4096];
  while (std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe.get())) {
    finished.output.append(buffer, count);
  }
  int status = ::pclose(pipe.get());
  finished.exit_code =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return finished;
}

/// The path of a program that this build made.
inline std::string program(const std::string& name) {
  return std::string(THEXP_BINARY_DIR) + "/bin/" + name;
}

}  // namespace thexp_test
