#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "thexp/base/clock.h"
#include "thexp/tracking/sink.h"
#include "thexp/tracking/to_text.h"

namespace thexp {

class LogCore;

/// How important a line is; kSilent is above them all.
enum class Level { kDebug, kInfo, kWarn, kError, kSilent };

/// The calls that write to a log. A Logger is one; with_prefix() gives others
/// that write to the same log.
///
/// Each call only joins its fields and queues the line: a slow or stopped
/// terminal never holds up the caller. Any thread may call at any time.
class LogChannel {
 public:
  /// `26-11-21 10:00:00 | loaded | 8000`: local date, prefix, fields.
  template <typename... Fields>
  void info(const Fields&... fields) {
    log(Level::kInfo, fields...);
  }

  /// As info(), with DEBUG, WARN or ERROR after the date. Debug lines are
  /// shown after set_verbose(Level::kDebug) only.
  template <typename... Fields>
  void debug(const Fields&... fields) {
    log(Level::kDebug, fields...);
  }
  template <typename... Fields>
  void warn(const Fields&... fields) {
    log(Level::kWarn, fields...);
  }
  template <typename... Fields>
  void error(const Fields&... fields) {
    log(Level::kError, fields...);
  }

  /// The text as it is: no date, no prefix. Counts as Level::kInfo.
  void raw(std::string text);

  /// A line, with date and prefix, that the next inline_line() replaces. What
  /// matters most stands first: a terminal with few columns leaves out parts
  /// (between " | ") from the right. The next normal line completes it first;
  /// files get only its last state. Counts as Level::kInfo.
  template <typename... Fields>
  void inline_line(const Fields&... fields) {
    if (enabled(Level::kInfo)) {
      write_frame(join_fields(Level::kInfo, fields...));
    }
  }

  /// Takes the inline line back, where a normal line will tell what came of it:
  /// nothing of it stays.
  void clear_inline();

  /// True when the next inline frame would be shown at once (never, when the
  /// log drops Level::kInfo): a relaxed atomic load or two, to ask before
  /// making the text of a frame. Frames that are given anyway are kept, the
  /// newest only, until their time comes.
  bool wants_frame() const noexcept {
    return wants_frame_->load(std::memory_order_relaxed) &&
           enabled(Level::kInfo);
  }

  /// Whether a line of this level is written.
  bool enabled(Level level) const noexcept {
    return level >= threshold_->load(std::memory_order_relaxed);
  }

  /// A channel to the same log whose lines read `DATE | prefix | …`; below
  /// this channel's own prefix, if it has one. Must not outlive the Logger.
  LogChannel with_prefix(const std::string& prefix) const;

 protected:
  LogChannel(LogCore& core,
             const std::atomic<Level>& threshold,
             std::string prefix);

 private:
  template <typename... Fields>
  void log(Level level, const Fields&... fields) {
    if (enabled(level)) write_line(join_fields(level, fields...));
  }

  template <typename... Fields>
  std::string join_fields(Level level, const Fields&... fields) {
    std::string text = start_of(level);
    ((text += " | ", text += to_text(fields)), ...);
    return text;
  }

  std::string start_of(Level level) const;
  void write_line(std::string text);
  void write_frame(std::string text);

  LogCore* core_;
  const std::atomic<bool>* wants_frame_;
  const std::atomic<Level>* threshold_;
  std::string prefix_;
};

/// What a Logger is made from.
class LoggerOptions {
 public:
  /// Write to `descriptor` (standard output) as a terminal or as plain text.
  LoggerOptions& console(bool value) { return set(console_, value); }
  LoggerOptions& descriptor(int value) { return set(descriptor_, value); }
  /// Lines below this level are dropped.
  LoggerOptions& level(Level value) { return set(level_, value); }
  /// Stands after the date of every line.
  LoggerOptions& prefix(std::string value) {
    return set(prefix_, std::move(value));
  }
  /// Inline frames are shown at most this often on a terminal,
  LoggerOptions& frame_interval(std::chrono::milliseconds value) {
    return set(frame_interval_, value);
  }
  /// and become lines at most this often where there is none.
  LoggerOptions& plain_interval(std::chrono::milliseconds value) {
    return set(plain_interval_, value);
  }
  /// Also takes what the program itself writes to standard output, while that
  /// is captured: see CapturedOutput. Its lines have no level and are never
  /// dropped; they are shown without a console, too.
  LoggerOptions& takes_output(bool value) { return set(takes_output_, value); }
  /// Where dates come from; must live as long as the Logger.
  LoggerOptions& clock(const Clock& value) { return set(clock_, &value); }

  bool console() const { return console_; }
  int descriptor() const { return descriptor_; }
  Level level() const { return level_; }
  const std::string& prefix() const { return prefix_; }
  std::chrono::milliseconds frame_interval() const { return frame_interval_; }
  std::chrono::milliseconds plain_interval() const { return plain_interval_; }
  bool takes_output() const { return takes_output_; }
  const Clock& clock() const { return *clock_; }

 private:
  template <typename T>
  LoggerOptions& set(T& field, T value) {
    field = std::move(value);
    return *this;
  }

  bool console_ = true;
  int descriptor_ = 1;
  Level level_ = Level::kInfo;
  std::string prefix_;
  std::chrono::milliseconds frame_interval_{100};
  std::chrono::milliseconds plain_interval_{5000};
  bool takes_output_ = false;
  const Clock* clock_ = &Clock::system();
};

/// Lines for people, on a terminal and in files, written by a thread of its
/// own:
///
///     Logger logger;
///     logger.add_file("console.log");
///     logger.info("loaded", 8000, "examples");
///     if (logger.wants_frame()) logger.inline_line("3/250", meter);
///
/// Each Logger has its own queue, thread and sinks. Destroying it writes all
/// that is queued, however long the terminal or pipe takes.
class Logger : public LogChannel {
 public:
  explicit Logger(const LoggerOptions& options = {});
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Also appends to this file from now on. @throws FileError
  void add_file(const std::filesystem::path& path);

  /// Also writes to `sink` from now on. @throws UsageError when it is null.
  void add_sink(std::unique_ptr<Sink> sink);

  /// Drops lines below `level` from now on.
  void set_verbose(Level level);

  /// Waits until everything that was logged before is written; an inline frame
  /// stays open. False when that took longer than `timeout` (a stopped
  /// terminal), or when a sink has failed: see sink_error().
  bool flush(
      std::chrono::milliseconds timeout = std::chrono::milliseconds(10000));

  /// Waits until every sink was given everything that was logged before; a
  /// file has it then, or never will. A terminal may still have to show it.
  /// False when that took longer than `timeout`.
  bool deliver(std::chrono::milliseconds timeout);

  /// What went wrong in sinks (a full disk, a closed pipe), each sink's first
  /// error, joined by "; "; empty when nothing did. The other sinks got a line
  /// about it; the sink that failed is tried again with every line.
  std::string sink_error() const;

 private:
  struct State;
  Logger(const LoggerOptions& options, std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace thexp
