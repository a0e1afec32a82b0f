#include "output_passer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "log_core.h"
#include "standard_output.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// Taken at a time. More than a pipe or a terminal holds, so that one round
// takes all that was written before; a program that writes on and on is not
// waited for.
constexpr std::size_t kRound = 1 << 20;

constexpr int kForever = -1;
constexpr int kSizeIsAsked =
    100;                      // ms between two looks at the terminal's size
constexpr int kHeldBack = 2;  // ms between two looks at a slow log

bool is_readable(int descriptor) {
  pollfd poll{descriptor, POLLIN, 0};
  return ::poll(&poll, 1, 0) > 0 && (poll.revents & POLLIN) != 0;
}

ssize_t read_some(int descriptor, char* buffer, std::size_t bytes) {
  ssize_t count = -1;
  do {
    count = ::read(descriptor, buffer, bytes);
  } while (count < 0 && errno == EINTR);
  return count;
}

std::string read_round(int descriptor) {
  std::string bytes;
  char buffer[8192];
  while (bytes.size() < kRound) {
    ssize_t count = read_some(descriptor, buffer, sizeof buffer);
    if (count <= 0) break;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return bytes;
}

// Waits for a slow reader, as the program itself would. Async-signal-safe.
void write_whole(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    ssize_t written = ::write(descriptor, bytes, count);
    if (written >= 0) {
      bytes += written;
      count -= static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      pollfd poll{descriptor, POLLOUT, 0};
      ::poll(&poll, 1, kForever);
    } else if (errno != EINTR) {
      return;  // nobody reads it any more
    }
  }
}

}  // namespace

OutputPasser::OutputPasser(Descriptor real)
    : real_(std::move(real)),
      process_(::getpid()),
      main_thread_(std::this_thread::get_id()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      channel_(real_.get()) {
  if (wake_.is_open()) return;
  throw FileError::system("cannot capture", "standard output", errno);
}

// What was written before is shown by the log that is there, and before what
// this one shows.
void OutputPasser::attach(LogCore& log) {
  if (has_logs()) {
    gather(OpenLine::kKeep);
    wait_for_logs(std::chrono::seconds(1));
  }
  std::lock_guard<std::mutex> lock(mutex_);
  logs_.push_back(&log);
}

bool OutputPasser::has_logs() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !logs_.empty();
}

void OutputPasser::detach(LogCore& log) {
  gather(OpenLine::kEnd);
  std::lock_guard<std::mutex> lock(mutex_);
  logs_.erase(std::remove(logs_.begin(), logs_.end(), &log), logs_.end());
}

// A forked child must not take what is the parent's; and a lock may be held
// there by a thread that it does not have.
bool OutputPasser::is_own_process() const { return process_ == ::getpid(); }

// Twice: the buffers may hold more than there is room for in the channel, and
// the thread, which would make room, may be waiting for a terminal that is
// stuck.
void OutputPasser::gather(OpenLine open_line) {
  if (stopped_ || !is_own_process()) return;
  ++gathering_;
  pull();
  bool is_main = std::this_thread::get_id() == main_thread_;
  flush_standard_output(is_main ? OwnBuffers::kAll : OwnBuffers::kStdio);
  pull();
  --gathering_;
  if (open_line == OpenLine::kEnd) end_line();
}

void OutputPasser::run() {
  while (!stopped_) {
    bool must_wait = holds_back();
    wait_for_bytes(must_wait);
    channel_.follow_size();
    if (!must_wait) pull();
  }
  pull();
  end_line();
}

void OutputPasser::stop() {
  stopped_ = true;
  uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

void OutputPasser::wait_for_bytes(bool holds_back) const {
  pollfd polls[] = {{wake_.get(), POLLIN, 0}, {channel_.reader(), POLLIN, 0}};
  int at_most = channel_.is_terminal() ? kSizeIsAsked : kForever;
  ::poll(polls, holds_back ? 1 : 2, holds_back ? kHeldBack : at_most);
}

// The program waits for a slow terminal, as ever, instead of filling memory.
bool OutputPasser::holds_back() {
  if (gathering_ > 0) return false;
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(logs_.begin(), logs_.end(),
                     [](LogCore* log) { return log->is_behind(); });
}

void OutputPasser::pull() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string bytes = read_round(channel_.reader());
  if (!bytes.empty()) pass(bytes, lines_.add(bytes));
}

void OutputPasser::end_line() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string line = lines_.end();
  if (!line.empty()) pass("", line);
}

void OutputPasser::pass(const std::string& bytes, const std::string& lines) {
  if (logs_.empty()) write_whole(real(), bytes.data(), bytes.size());
  for (LogCore* log : logs_) {
    bool shows = log == logs_.back();
    log->output(shows ? bytes : "", lines);
  }
}

void OutputPasser::release_logs() {
  std::lock_guard<std::mutex> lock(mutex_);
  logs_.clear();
}

void OutputPasser::wait_for_logs(std::chrono::milliseconds timeout) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (LogCore* log : logs_) log->wait_until_written(timeout);
}

// The threads that read and write go on while a handler waits. Where they do
// not, since one of them crashed or waits for memory, the rest is written here.
void OutputPasser::wait_at_crash() const {
  if (!is_own_process()) return;
  constexpr int kLooks = 1000;
  const timespec kBetween{0, 1000000};
  for (int i = 0; i < kLooks; ++i) {
    if (!is_readable(channel_.reader()) && LogCore::all_written()) return;
    ::nanosleep(&kBetween, nullptr);
  }
  char buffer[4096];
  for (std::size_t done = 0; done < kRound; done += sizeof buffer) {
    ssize_t count = read_some(channel_.reader(), buffer, sizeof buffer);
    if (count <= 0) return;
    write_whole(real(), buffer, static_cast<std::size_t>(count));
  }
}

void OutputPasser::close_in_child() { channel_.close_reader(); }

}  // namespace thexp
