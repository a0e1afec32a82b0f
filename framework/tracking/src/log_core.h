#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/tracking/sink.h"

namespace thexp {

class OutputPasser;

// The queue of a Logger and the thread that empties it into the sinks.
class LogCore {
 public:
  // With `output`, which may be null, each call comes after all that the
  // program has written to standard output before.
  LogCore(const Clock& clock,
          std::chrono::milliseconds frame_interval,
          std::shared_ptr<OutputPasser> output);
  ~LogCore();

  void line(std::string text);
  void frame(std::string text);
  void add(std::unique_ptr<Sink> sink);
  // See Sink::output().
  void output(std::string bytes, std::string lines);
  bool flush(std::chrono::milliseconds timeout);
  bool deliver(std::chrono::milliseconds timeout);
  std::string error() const;

  // As flush(), but only of what was given to it.
  bool wait_until_written(std::chrono::milliseconds timeout);
  // Much of the program's output is yet to be written.
  bool is_behind() const;
  // Whether all logs have written all but frames. Async-signal-safe.
  static bool all_written();

  std::string date() const;
  const std::atomic<bool>& wants_frame() const { return wants_frame_; }

 private:
  enum class Kind { kLine, kFrame, kSink, kOutput };
  struct Item {
    Kind kind;
    std::string text;
    std::unique_ptr<Sink> sink;
    std::string lines;
  };
  struct Output {
    std::unique_ptr<Sink> sink;
    std::string error;
  };

  void gather(bool end_line);
  void push(Item item);
  void note_written();
  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  bool has_ready_items() const;
  SteadyTime next_moment() const;
  std::deque<Item> take_ready_items();
  void deliver(Item item);
  void deliver(const Item& item, Sink& sink);
  void update_frame_clock(bool frame_taken);
  bool pump();
  void close_sinks();
  template <typename Action>
  void guarded(Output& output, Action action);
  void report(const Output& failed);
  std::chrono::milliseconds shortest_interval() const;
  SteadyTime next_turn_of_sinks() const;

  const Clock& clock_;
  const std::chrono::milliseconds frame_interval_;
  const std::shared_ptr<OutputPasser> output_;
  std::atomic<bool> wants_frame_{false};

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable progress_;
  std::deque<Item> queue_;
  uint64_t pushed_ = 0;
  uint64_t delivered_ = 0;
  uint64_t flush_target_ = 0;
  uint64_t unwritten_items_ = 0;      // frames are not counted
  std::size_t unwritten_output_ = 0;  // bytes
  bool drained_ = true;
  bool closing_ = false;
  bool has_sinks_ = false;
  std::string errors_;
  SteadyTime next_frame_;
  SteadyTime next_turn_ = SteadyTime::max();  // for what waits in a sink

  // The writer thread's own.
  std::vector<Output> outputs_;
  bool reported_ = false;

  std::thread thread_;
};

}  // namespace thexp
