#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "thexp/base/clock.h"

namespace thexp {

/// Where a Logger's lines go. All calls come from the logger's writer thread,
/// one at a time. What a sink throws (a std::exception) is kept by the logger:
/// see Logger::sink_error().
class Sink {
 public:
  virtual ~Sink() = default;

  /// How messages call this sink: "terminal", or a path.
  virtual std::string name() const = 0;

  /// A normal line, without its newline (newlines inside are the caller's). A
  /// sink first completes the frame that is pending, if one is.
  virtual void line(std::string_view text) = 0;

  /// The inline line's newest state; replaces the one before. Empty text takes
  /// the line back: nothing of it stays.
  virtual void frame(std::string_view text) = 0;

  /// What the program itself wrote to standard output, while that is captured
  /// (see CapturedOutput). `bytes`: as it came, broken anywhere, for a console.
  /// `lines`: the lines that were completed by it, each with its newline, for
  /// a file. A sink that does nothing else has each of them as a line().
  virtual void output(std::string_view bytes, std::string_view lines) {
    static_cast<void>(bytes);
    if (!lines.empty()) line(lines.substr(0, lines.size() - 1));
  }

  /// The log ends here: completes a pending frame.
  virtual void close() = 0;

  /// Writes what waits, as far as that goes without blocking; true when
  /// nothing is left.
  virtual bool pump() { return true; }

  /// pump() is to be called after this time, since something waits for its
  /// moment (a frame that is to become a line); kNothingWaits when nothing
  /// does.
  static constexpr std::chrono::milliseconds kNothingWaits =
      std::chrono::milliseconds::max();
  virtual std::chrono::milliseconds wait() const { return kNothingWaits; }

  /// Frames that come faster than this are not worth making.
  virtual std::chrono::milliseconds frame_interval() const {
    return std::chrono::milliseconds(100);
  }
};

class ConsoleSinkOptions {
 public:
  /// The file descriptor to write to; it stays open. Default: standard output.
  ConsoleSinkOptions& descriptor(int value) {
    descriptor_ = value;
    return *this;
  }
  /// Where `descriptor` is not a terminal, a frame becomes a line at most this
  /// often. Default: 5 s.
  ConsoleSinkOptions& plain_interval(std::chrono::milliseconds value) {
    plain_interval_ = value;
    return *this;
  }
  /// Must live as long as the sink.
  ConsoleSinkOptions& clock(const Clock& value) {
    clock_ = &value;
    return *this;
  }

  int descriptor() const { return descriptor_; }
  std::chrono::milliseconds plain_interval() const { return plain_interval_; }
  const Clock& clock() const { return *clock_; }

 private:
  int descriptor_ = 1;
  std::chrono::milliseconds plain_interval_{5000};
  const Clock* clock_ = &Clock::system();
};

/// A sink for a terminal, or, where `descriptor` is none (a pipe, a file), one
/// that writes plain lines without control characters.
std::unique_ptr<Sink> make_console_sink(const ConsoleSinkOptions& options = {});

class FileSinkOptions {
 public:
  /// A frame becomes a marked line (see marked_line()) when nothing was written
  /// for this long; 0: never. Not given, the last frame before a normal line,
  /// or the end, is written as it is.
  FileSinkOptions& marked_frames(std::chrono::milliseconds interval) {
    marked_frames_ = interval;
    return *this;
  }
  /// Must live as long as the sink.
  FileSinkOptions& clock(const Clock& value) {
    clock_ = &value;
    return *this;
  }

  std::optional<std::chrono::milliseconds> marked_frames() const {
    return marked_frames_;
  }
  const Clock& clock() const { return *clock_; }

 private:
  std::optional<std::chrono::milliseconds> marked_frames_;
  const Clock* clock_ = &Clock::system();
};

/// A sink that appends to a file.
/// @throws FileError when the file cannot be opened.
std::unique_ptr<Sink> make_file_sink(const std::filesystem::path& path,
                                     const FileSinkOptions& options = {});

/// The same text with a blank for each control character, so that it stays on
/// one line.
std::string one_line(std::string_view text);

}  // namespace thexp
