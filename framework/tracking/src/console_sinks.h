#pragma once

#include <string>
#include <string_view>

#include "fd_writer.h"
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
  void close() override;
  bool pump() override;

 private:
  void complete_frame();
  void show_frame();
  void back_to_start(std::size_t columns);
  void pad_over_longer(std::size_t width);

  int descriptor_;
  FdWriter out_;
  TerminalKind kind_;
  std::string frame_;
  bool pending_ = false;  // frame_ is yet to be completed
  bool stale_ = false;    // frame_ is newer than what the screen shows
  std::size_t shown_width_ = 0;
};

// Plain lines for a pipe or a redirected stdout.
class PlainSink : public Sink {
 public:
  explicit PlainSink(const ConsoleSinkOptions& options);

  std::string name() const override { return "standard output"; }
  void line(std::string_view text) override;
  void frame(std::string_view text) override;
  void close() override;
  bool pump() override { return out_.pump(); }
  std::chrono::milliseconds frame_interval() const override;

 private:
  void write(std::string_view text);

  FdWriter out_;
  std::chrono::milliseconds interval_;
  const Clock& clock_;
  SteadyTime written_at_;
  std::string frame_;
  bool pending_ = false;
};

}  // namespace thexp
