#pragma once

#include <string>
#include <string_view>

#include "fd_writer.h"
#include "paced_frame.h"
#include "thexp/tracking/sink.h"

namespace thexp {

struct TerminalKind {
  bool escapes = false;  // knows "clear to the end of the line"
  bool rewraps = false;  // wraps its lines anew when its columns change
};

// Rewrites one line of a terminal.
class TerminalSink : public Sink {
 public:
  TerminalSink(int descriptor, const TerminalKind& kind);

  std::string name() const override { return "terminal"; }
  void line(std::string_view text) override;
  void frame(std::string_view text) override;
  void output(std::string_view bytes, std::string_view lines) override;
  void close() override;
  bool pump() override;

 private:
  void complete_frame();
  void show_frame();
  void hide_frame();
  void leave_open_line();
  bool has_just_written() const;
  void back_to_start(std::size_t columns);
  void pad_over_longer(std::size_t width);

  int descriptor_;
  FdWriter out_;
  TerminalKind kind_;
  std::string frame_;
  bool pending_ = false;  // frame_ is yet to be completed
  bool stale_ = false;    // frame_ is newer than what the screen shows
  std::size_t shown_width_ = 0;
  bool line_is_open_ = false;  // the program's own
  SteadyTime output_at_;
};

// The process ends here, and its log does not: what others write now begins a
// line of its own below the moving line. Async-signal-safe.
void leave_moving_line();

// Plain lines for a pipe or a redirected stdout.
class PlainSink : public Sink {
 public:
  explicit PlainSink(const ConsoleSinkOptions& options);

  std::string name() const override { return "standard output"; }
  void line(std::string_view text) override;
  void frame(std::string_view text) override;
  void output(std::string_view bytes, std::string_view lines) override;
  void close() override;
  bool pump() override;
  std::chrono::milliseconds wait() const override;
  std::chrono::milliseconds frame_interval() const override;

 private:
  void write_due();
  void write(std::string_view text);

  FdWriter out_;
  std::chrono::milliseconds interval_;
  PacedFrame frame_;
  bool line_is_open_ = false;  // the program's own
};

// Shows the program's own output, and nothing of the log.
class OutputSink : public Sink {
 public:
  explicit OutputSink(int descriptor) : out_(descriptor, "standard output") {}

  std::string name() const override { return "standard output"; }
  void line(std::string_view) override {}
  void frame(std::string_view) override {}
  void output(std::string_view bytes, std::string_view) override {
    out_.write(bytes);
  }
  void close() override {}
  bool pump() override { return out_.pump(); }
  std::chrono::milliseconds frame_interval() const override {
    return std::chrono::hours(24);
  }

 private:
  FdWriter out_;
};

}  // namespace thexp
