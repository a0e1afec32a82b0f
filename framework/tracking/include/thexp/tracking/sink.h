#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
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

  /// The inline line's newest state; replaces the one before.
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

/// Which inline frames a file gets: the last one before a normal line or the
/// end, or none.
enum class FileFrames { kLast, kNone };

/// A sink that appends to a file.
/// @throws FileError when the file cannot be opened.
std::unique_ptr<Sink> make_file_sink(const std::filesystem::path& path,
                                     FileFrames frames = FileFrames::kLast);

/// The same text with a blank for each control character, so that it stays on
/// one line.
std::string one_line(std::string_view text);

}  // namespace thexp
