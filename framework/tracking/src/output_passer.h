#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "output_channel.h"
#include "output_lines.h"
#include "thexp/base/descriptor.h"

namespace thexp {

class LogCore;

// Takes what the program writes out of the channel that stands in for its
// standard output, and gives it to the logs: the one attached last shows it,
// all keep its lines. Without a log it goes to the real output. Any thread may
// call; what one thread has written is passed on in its order.
class OutputPasser {
 public:
  // @throws FileError
  explicit OutputPasser(Descriptor real);

  // Null where nothing is captured.
  static std::shared_ptr<OutputPasser> current();

  int real() const { return real_.get(); }
  int writer() const { return channel_.writer(); }

  // From now on the log has what is captured.
  void attach(LogCore& log);
  // All that was written before is still the log's.
  void detach(LogCore& log);

  // Passes on all that was written before, with what is in the buffers of
  // stdio; kEnd: also a line that is still open, to files as a line.
  enum class OpenLine { kKeep, kEnd };
  void gather(OpenLine open_line);

  // Passes on what comes, until stop(), and then what is left.
  void run();
  void stop();

  // The logs go on without it; the process, too, when it exits.
  void release_logs();
  void wait_for_logs(std::chrono::milliseconds timeout);

  // Waits until all is written, but not for long. Async-signal-safe.
  void wait_at_crash() const;
  // False in a forked child, which shares the channel but not the thread.
  bool is_own_process() const;
  void close_in_child();

 private:
  void wait_for_bytes(bool holds_back) const;
  bool holds_back();
  bool has_logs();
  void pull();
  void end_line();
  void pass(const std::string& bytes, const std::string& lines);

  const Descriptor real_;
  const pid_t process_;
  const std::thread::id main_thread_;
  Descriptor wake_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> gathering_{0};

  std::mutex mutex_;
  OutputChannel channel_;
  OutputLines lines_;
  std::vector<LogCore*> logs_;
};

// The process crashes: all that it wrote is to be seen. Async-signal-safe.
void finish_output_at_crash();

}  // namespace thexp
