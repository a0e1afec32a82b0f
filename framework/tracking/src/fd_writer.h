#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thexp {

// Text on its way to a file descriptor that may be stuck (a terminal stopped
// with Ctrl-S, a pipe that is not read): write() only takes it, pump() hands
// over as much as goes without blocking.
class FdWriter {
 public:
  FdWriter(int descriptor, std::string name);

  void write(std::string_view text) { pending_ += text; }
  bool idle() const { return pending_.empty(); }

  // True when nothing is left. @throws FileError; the text is then lost.
  bool pump();

 private:
  bool ready() const;
  void fail(int error_number);

  int descriptor_;
  std::size_t chunk_;
  std::string name_;
  std::string pending_;
};

}  // namespace thexp
