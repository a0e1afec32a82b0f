#include "output_channel.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include <cerrno>

#include "thexp/base/error.h"

namespace thexp {
namespace {

[[noreturn]] void fail(const char* what) {
  throw FileError::system("cannot capture", what, errno);
}

// The other end of a new terminal.
Descriptor open_peer(int terminal) {
  char name[128];
  bool named = ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0 &&
               ::ptsname_r(terminal, name, sizeof name) == 0;
  if (!named) return Descriptor();
  return above_standard(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

// The real terminal makes "\r\n" of a newline; done here, too, it would be done
// twice.
void pass_bytes_unchanged(int from, int to) {
  termios settings{};
  if (::tcgetattr(from, &settings) != 0) return;
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(to, TCSANOW, &settings);
}

void never_wait(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

}  // namespace

OutputChannel::OutputChannel(int output)
    : output_(output), is_terminal_(::isatty(output) == 1) {
  is_terminal_ ? open_terminal() : open_pipe();
  never_wait(reader());
  follow_size();
}

void OutputChannel::open_terminal() {
  reader_ = above_standard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (reader_.is_open()) writer_ = open_peer(reader());
  if (!writer_.is_open()) fail("the terminal");
  pass_bytes_unchanged(output_, writer());
}

void OutputChannel::open_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    reader_ = above_standard(ends[0]);
    writer_ = above_standard(ends[1]);
  }
  if (!reader_.is_open() || !writer_.is_open()) fail("standard output");
}

void OutputChannel::follow_size() {
  winsize size{};
  if (!is_terminal_ || ::ioctl(output_, TIOCGWINSZ, &size) != 0) return;
  if (::memcmp(&size, &size_, sizeof size) == 0) return;
  size_ = size;
  ::ioctl(reader(), TIOCSWINSZ, &size);
}

}  // namespace thexp
