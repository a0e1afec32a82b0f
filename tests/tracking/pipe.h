#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>

namespace thexp_test {

/// A pipe of a known, small capacity.
class Pipe {
 public:
  static constexpr std::size_t kCapacity = 65536;

  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    ::fcntl(ends_[1], F_SETPIPE_SZ, static_cast<int>(kCapacity));
  }
  ~Pipe() {
    close_read_end();
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int write_end() const { return ends_[1]; }
  void close_read_end() { close_end(0); }
  void close_write_end() { close_end(1); }

  /// What is in the pipe now.
  std::string read_available() {
    std::string text;
    pollfd poll{ends_[0], POLLIN, 0};
    while (::poll(&poll, 1, 0) > 0 && read_some(text)) {
    }
    return text;
  }

  /// Everything, after closing the end that is written to.
  std::string read_all() {
    close_write_end();
    return read_rest();
  }

  /// Everything until the other end is closed.
  std::string read_rest() {
    std::string text;
    while (read_some(text)) {
    }
    return text;
  }

 private:
  bool read_some(std::string& text) {
    char buffer[1024];
    ssize_t count = ::read(ends_[0], buffer, sizeof buffer);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  void close_end(int end) {
    int descriptor = std::exchange(ends_[end], -1);
    if (descriptor >= 0) ::close(descriptor);
  }

  int ends_[2] = {-1, -1};
};

}  // namespace thexp_test
