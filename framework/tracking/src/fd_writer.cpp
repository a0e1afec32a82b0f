#include "fd_writer.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "thexp/base/error.h"

namespace thexp {
namespace {

// A ready terminal promises room for about this many bytes.
constexpr std::size_t kTerminalChunk = 256;

}  // namespace

FdWriter::FdWriter(int descriptor, std::string name)
    : descriptor_(descriptor),
      chunk_(::isatty(descriptor) == 1 ? kTerminalChunk
                                       : std::size_t{PIPE_BUF}),
      name_(std::move(name)) {}

bool FdWriter::pump() {
  std::size_t done = 0;
  while (done < pending_.size() && ready()) {
    std::size_t bytes = std::min(chunk_, pending_.size() - done);
    ssize_t written = ::write(descriptor_, pending_.data() + done, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (written < 0) fail(errno);
    done += static_cast<std::size_t>(written);
  }
  pending_.erase(0, done);
  return pending_.empty();
}

// An error (a reader that went away) counts as ready: write() then reports it.
bool FdWriter::ready() const {
  pollfd poll{descriptor_, POLLOUT, 0};
  return ::poll(&poll, 1, 0) > 0;
}

void FdWriter::fail(int error_number) {
  pending_.clear();
  throw FileError::system("cannot write to", name_, error_number);
}

}  // namespace thexp
