#pragma once

#include <memory>

namespace thexp {

class OutputCapture;

/// While one exists, a Logger has what is written to standard output: by
/// std::cout, printf, libraries and child processes. Its lines stand whole
/// beside the moving line, and are in the logger's files:
///
///     CapturedOutput captured;
///     Logger logger(LoggerOptions().takes_output(true));
///     std::puts("by the program itself");
///
/// Without such a logger it goes where it would have gone; so does what is
/// written after the end. With several, the one made last shows it, and all
/// keep it. Where standard output is a terminal, the program still finds one
/// of the same size there; in a pipe bytes pass unchanged.
///
/// A process has one standard output: a second one does nothing, and neither
/// does one in a process without standard output. What a child process writes
/// after the end is lost, and a pipe is then closed for it.
class CapturedOutput {
 public:
  /// @throws FileError when the system has no terminal or pipe left.
  CapturedOutput();
  /// All that was written is passed on.
  ~CapturedOutput();
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

 private:
  std::unique_ptr<OutputCapture> capture_;
};

}  // namespace thexp
