#pragma once

#include <sys/ioctl.h>

#include "thexp/base/descriptor.h"

namespace thexp {

// Stands in for an output: what is written to writer() is read at reader(). A
// terminal for a terminal, so that a program that looks finds one; a pipe for
// everything else.
class OutputChannel {
 public:
  // @throws FileError when the system has no terminal or pipe left.
  explicit OutputChannel(int output);

  int reader() const { return reader_.get(); }  // never waits
  int writer() const { return writer_.get(); }
  bool is_terminal() const { return is_terminal_; }

  void close_reader() { reader_ = Descriptor(); }

  // A terminal gets the size that the one it stands for has now.
  void follow_size();

 private:
  void open_terminal();
  void open_pipe();

  int output_;
  bool is_terminal_;
  Descriptor reader_;
  Descriptor writer_;
  winsize size_{};
};

}  // namespace thexp
