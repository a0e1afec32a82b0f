#include "log_core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "output_passer.h"
#include "quiet_thread.h"
#include "thexp/tracking/marked_line.h"

namespace thexp {
namespace {

// How often a stuck terminal or pipe is tried again.
constexpr std::chrono::milliseconds kRetry{20};

// As much of the program's output may wait for a slow terminal.
constexpr std::size_t kMostOutput = 1 << 18;

std::atomic<uint64_t> unwritten_in_all{0};

}  // namespace

LogCore::LogCore(const Clock& clock,
                 std::chrono::milliseconds frame_interval,
                 std::shared_ptr<OutputPasser> output)
    : clock_(clock),
      frame_interval_(frame_interval),
      output_(std::move(output)) {
  thread_ = start_quiet_thread([this] { run(); });
}

LogCore::~LogCore() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  work_.notify_all();
  thread_.join();
}

std::string LogCore::date() const { return log_date(clock_.now()); }

void LogCore::line(std::string text) {
  gather(/*end_line=*/true);
  push({Kind::kLine, std::move(text), nullptr, ""});
}

void LogCore::add(std::unique_ptr<Sink> sink) {
  gather(/*end_line=*/true);
  push({Kind::kSink, "", std::move(sink), ""});
}

void LogCore::output(std::string bytes, std::string lines) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    unwritten_output_ += bytes.size();
  }
  push({Kind::kOutput, std::move(bytes), nullptr, std::move(lines)});
}

void LogCore::gather(bool end_line) {
  using OpenLine = OutputPasser::OpenLine;
  if (output_ == nullptr) return;
  output_->gather(end_line ? OpenLine::kEnd : OpenLine::kKeep);
}

void LogCore::push(Item item) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(item));
    ++pushed_;
    ++unwritten_items_;
    ++unwritten_in_all;
  }
  work_.notify_one();
}

// A frame that still waits is replaced: the older one is out of date.
void LogCore::frame(std::string text) {
  gather(/*end_line=*/false);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    wants_frame_.store(false, std::memory_order_relaxed);
    if (!queue_.empty() && queue_.back().kind == Kind::kFrame) {
      queue_.back().text = std::move(text);
      return;
    }
    queue_.push_back({Kind::kFrame, std::move(text), nullptr, ""});
    ++pushed_;
  }
  work_.notify_one();
}

bool LogCore::flush(std::chrono::milliseconds timeout) {
  gather(/*end_line=*/true);
  return wait_until_written(timeout);
}

bool LogCore::wait_until_written(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t target = pushed_;
  flush_target_ = std::max(flush_target_, target);
  work_.notify_one();
  bool written = progress_.wait_for(
      lock, timeout, [&] { return delivered_ >= target && drained_; });
  return written && errors_.empty();
}

bool LogCore::deliver(std::chrono::milliseconds timeout) {
  gather(/*end_line=*/true);
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t target = pushed_;
  flush_target_ = std::max(flush_target_, target);
  work_.notify_one();
  return progress_.wait_for(lock, timeout,
                            [&] { return delivered_ >= target; });
}

bool LogCore::is_behind() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return unwritten_output_ > kMostOutput;
}

bool LogCore::all_written() { return unwritten_in_all == 0; }

std::string LogCore::error() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return errors_;
}

void LogCore::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!closing_ || !queue_.empty()) {
    wait_for_work(lock);
    std::deque<Item> items = take_ready_items();
    const std::size_t taken = items.size();
    drained_ = drained_ && taken == 0;
    lock.unlock();
    // One that takes the line back shows nothing: the next may come at once.
    bool frame_taken = taken > 0 && items.back().kind == Kind::kFrame &&
                       !items.back().text.empty();
    for (Item& item : items) deliver(std::move(item));
    bool drained = pump();
    lock.lock();
    delivered_ += taken;
    drained_ = drained;
    note_written();
    update_frame_clock(frame_taken);
    progress_.notify_all();
  }
  lock.unlock();
  close_sinks();
  unwritten_in_all -= unwritten_items_;
}

void LogCore::note_written() {
  bool waits = !queue_.empty() && queue_.front().kind != Kind::kFrame;
  if (!drained_ || waits) return;
  unwritten_in_all -= std::exchange(unwritten_items_, 0);
  unwritten_output_ = 0;
}

void LogCore::wait_for_work(std::unique_lock<std::mutex>& lock) {
  auto has_work = [this] { return closing_ || has_ready_items(); };
  if (!drained_) {
    work_.wait_for(lock, kRetry, has_work);
    return;
  }
  while (!has_work() && std::chrono::steady_clock::now() < next_moment()) {
    if (next_moment() == SteadyTime::max()) {
      work_.wait(lock);
    } else {
      work_.wait_until(lock, next_moment());
    }
  }
}

// When there is something to do that nobody calls for: a frame that waits is
// shown, or one is asked for, or a sink has its turn.
SteadyTime LogCore::next_moment() const {
  bool awaits_frame = !queue_.empty() || (has_sinks_ && !wants_frame_);
  return awaits_frame ? std::min(next_frame_, next_turn_) : next_turn_;
}

bool LogCore::has_ready_items() const {
  if (queue_.empty()) return false;
  bool frame_alone = queue_.size() == 1 && queue_[0].kind == Kind::kFrame;
  return !frame_alone || closing_ || delivered_ < flush_target_ ||
         std::chrono::steady_clock::now() >= next_frame_;
}

// Everything but a last frame whose time has not come.
std::deque<LogCore::Item> LogCore::take_ready_items() {
  if (!has_ready_items()) return {};
  std::deque<Item> items = std::exchange(queue_, {});
  bool keep_last = items.size() > 1 && items.back().kind == Kind::kFrame &&
                   !closing_ && flush_target_ <= delivered_;
  if (keep_last) {
    queue_.push_back(std::move(items.back()));
    items.pop_back();
  }
  return items;
}

void LogCore::update_frame_clock(bool frame_taken) {
  auto now = std::chrono::steady_clock::now();
  has_sinks_ = !outputs_.empty();
  next_turn_ = next_turn_of_sinks();
  if (frame_taken) next_frame_ = now + shortest_interval();
  bool due = has_sinks_ && queue_.empty() && drained_ && now >= next_frame_;
  if (due) wants_frame_.store(true, std::memory_order_relaxed);
}

std::chrono::milliseconds LogCore::shortest_interval() const {
  auto shortest = std::chrono::milliseconds::max();
  for (const Output& output : outputs_) {
    shortest = std::min(shortest, output.sink->frame_interval());
  }
  return outputs_.empty() ? frame_interval_
                          : std::max(shortest, frame_interval_);
}

SteadyTime LogCore::next_turn_of_sinks() const {
  auto shortest = Sink::kNothingWaits;
  for (const Output& output : outputs_) {
    shortest = std::min(shortest, output.sink->wait());
  }
  if (shortest == Sink::kNothingWaits) return SteadyTime::max();
  return std::chrono::steady_clock::now() + shortest;
}

void LogCore::deliver(Item item) {
  if (item.kind == Kind::kSink) {
    outputs_.push_back({std::move(item.sink), ""});
    return;
  }
  for (Output& output : outputs_) {
    guarded(output, [&] { deliver(item, *output.sink); });
  }
}

void LogCore::deliver(const Item& item, Sink& sink) {
  if (item.kind == Kind::kLine) sink.line(item.text);
  if (item.kind == Kind::kFrame) sink.frame(item.text);
  if (item.kind == Kind::kOutput) sink.output(item.text, item.lines);
}

bool LogCore::pump() {
  bool drained = true;
  for (Output& output : outputs_) {
    guarded(output, [&] { drained = output.sink->pump() && drained; });
  }
  // A report may have gone to a sink that had its turn already.
  return !std::exchange(reported_, false) && drained;
}

void LogCore::close_sinks() {
  for (Output& output : outputs_) {
    guarded(output, [&] { output.sink->close(); });
  }
  while (!pump()) std::this_thread::sleep_for(kRetry);
}

template <typename Action>
void LogCore::guarded(Output& output, Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    if (!output.error.empty()) return;  // kept and reported at its first one
    output.error =
        "log sink '" + output.sink->name() + "' failed: " + error.what();
    report(output);
  }
}

void LogCore::report(const Output& failed) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!errors_.empty()) errors_ += "; ";
    errors_ += failed.error;
  }
  reported_ = true;
  std::string text = date() + " | ERROR | " + failed.error;
  for (Output& output : outputs_) {
    if (!output.error.empty()) continue;
    guarded(output, [&] { output.sink->line(text); });
  }
}

}  // namespace thexp
