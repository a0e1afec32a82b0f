#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"

namespace thexp {

/// How a program is started. What is not set is as in this process; standard
/// input is /dev/null. Paths are relative to this process's working folder.
class ProcessOptions {
 public:
  /// The program and its arguments. A name without '/' is looked up in PATH.
  explicit ProcessOptions(std::vector<std::string> argv)
      : argv_(std::move(argv)) {}
  const std::vector<std::string>& argv() const { return argv_; }

  /// The program, where it is not argv's first.
  ProcessOptions& program(std::string value) {
    program_ = std::move(value);
    return *this;
  }
  const std::string& program() const {
    return program_.empty() ? argv_.at(0) : program_;
  }

  /// Sets one variable of the environment.
  ProcessOptions& environment(std::string name, std::string value) {
    environment_[std::move(name)] = std::move(value);
    return *this;
  }
  const std::map<std::string, std::string>& environment() const {
    return environment_;
  }

  ProcessOptions& working_folder(fs::path value) {
    working_folder_ = std::move(value);
    return *this;
  }
  const fs::path& working_folder() const { return working_folder_; }

  /// Appends standard output to a file, which is made if need be.
  ProcessOptions& output_file(fs::path value) {
    output_file_ = std::move(value);
    return *this;
  }
  const fs::path& output_file() const { return output_file_; }

  /// Standard output becomes a pipe: see Process::read_line().
  ProcessOptions& pipe_output(bool value) {
    pipe_output_ = value;
    return *this;
  }
  bool pipe_output() const { return pipe_output_; }

  /// Appends standard error to a file, which is made if need be.
  ProcessOptions& error_file(fs::path value) {
    error_file_ = std::move(value);
    return *this;
  }
  const fs::path& error_file() const { return error_file_; }

  /// Standard error goes where standard output goes.
  ProcessOptions& errors_to_output(bool value) {
    errors_to_output_ = value;
    return *this;
  }
  bool errors_to_output() const { return errors_to_output_; }

 private:
  std::vector<std::string> argv_;
  std::string program_;
  std::map<std::string, std::string> environment_;
  fs::path working_folder_, output_file_, error_file_;
  bool pipe_output_ = false;
  bool errors_to_output_ = false;
};

/// How a process ended: by itself, or by a signal.
struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;  ///< 0: it ended by itself

  bool succeeded() const { return exit_code == 0 && signal == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  std::string to_string() const;
};

/// A child process. Its destructor kills one that still runs.
///
///     Process child(ProcessOptions({"sort", "words.txt"}).pipe_output(true));
///     std::string sorted = child.read_all();
///     if (!child.wait().succeeded()) …
class Process {
 public:
  /// Starts it. @throws FileError naming the program, or the file or folder
  /// that cannot be opened for it; UsageError for options that contradict each
  /// other.
  explicit Process(const ProcessOptions& options);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t pid() const { return pid_; }

  /// How it ended, or nothing while it runs. @throws Error as wait().
  std::optional<ProcessEnd> poll();
  /// Waits for its end. @throws Error when the system has no such child.
  ProcessEnd wait();
  /// Waits at most that long. @throws Error as wait().
  std::optional<ProcessEnd> wait_for(std::chrono::duration<double> time);

  /// Sends a signal; one that has ended gets none. @throws Error.
  void send(int signal);
  /// SIGKILL, and waits. @throws Error.
  ProcessEnd kill();

  /// Waits for the next line of its piped output; without the newline.
  /// Nothing at the end, or without a pipe. @throws FileError.
  std::optional<std::string> read_line();
  /// Waits until its piped output is closed; all that was not read yet.
  /// @throws FileError.
  std::string read_all();

 private:
  std::optional<ProcessEnd> wait_with(int flags);
  bool read_more();
  void close_output() noexcept;

  std::string program_;
  pid_t pid_ = -1;
  int output_ = -1;     // our end of the pipe
  std::string unread_;  // was read from it, but not asked for
  std::optional<ProcessEnd> end_;
};

}  // namespace thexp
