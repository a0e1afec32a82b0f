#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "console_sinks.h"
#include "fit_frame.h"
#include "thexp/base/columns.h"

namespace thexp {
namespace {

constexpr std::string_view kClearToEnd = "\x1b[K";

// Stay free behind a frame: a character in the last column would make some
// terminals wrap, and a Ctrl-C is echoed as "^C".
constexpr std::size_t kFreeColumns = 3;

// The terminal whose cursor stands behind a frame.
std::atomic<int> moving_line_on{-1};

std::size_t columns_of(int descriptor) {
  constexpr std::size_t kUsual = 80;
  return terminal_columns(descriptor).value_or(kUsual);
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Only those that are known to wrap anew: elsewhere, going up would erase
// lines of the log.
TerminalKind terminal_kind() {
  TerminalKind kind;
  kind.escapes =
      is_set("TERM") && std::strcmp(std::getenv("TERM"), "dumb") != 0;
  bool is_screen = is_set("STY");  // inherits the variables of its terminal
  kind.rewraps =
      kind.escapes && !is_screen && (is_set("TMUX") || is_set("VTE_VERSION"));
  return kind;
}

}  // namespace

TerminalSink::TerminalSink(int descriptor, const TerminalKind& kind)
    : descriptor_(descriptor), out_(descriptor, "terminal"), kind_(kind) {}

void TerminalSink::line(std::string_view text) {
  leave_open_line();
  complete_frame();
  out_.write(text);
  out_.write("\n");
}

void TerminalSink::frame(std::string_view text) {
  frame_ = one_line(text);
  pending_ = !frame_.empty();
  stale_ = pending_ || shown_width_ > 0;
}

// As it is, in the frame's place, which comes back below.
void TerminalSink::output(std::string_view bytes, std::string_view) {
  if (bytes.empty()) return;
  hide_frame();
  out_.write(bytes);
  line_is_open_ = bytes.back() != '\n';
  output_at_ = std::chrono::steady_clock::now();
  stale_ = pending_;
}

void TerminalSink::close() {
  if (pending_) leave_open_line();
  complete_frame();
}

// Frames wait here while the terminal is stuck, so that only the newest one is
// ever queued behind what it has not taken yet.
bool TerminalSink::pump() {
  if (!out_.pump()) return false;
  if (stale_ && !has_just_written()) show_frame();
  bool drained = out_.pump();
  int none = -1, here = descriptor_;
  shown_width_ > 0 ? moving_line_on.compare_exchange_strong(none, here)
                   : moving_line_on.compare_exchange_strong(here, none);
  return drained;
}

// In full: a line that stays may wrap, as every other. Cleared first, because
// "clear to the end" after a full row deletes that row's last character.
void TerminalSink::complete_frame() {
  if (!pending_) {
    if (stale_) show_frame();
    return;
  }
  back_to_start(columns_of(descriptor_));
  if (kind_.escapes) out_.write(kClearToEnd);
  out_.write(frame_);
  pad_over_longer(display_width(frame_));
  out_.write("\n");
  pending_ = stale_ = false;
  shown_width_ = 0;
}

void TerminalSink::show_frame() {
  stale_ = false;
  if (!pending_) return hide_frame();  // it was taken back
  leave_open_line();
  std::size_t columns = columns_of(descriptor_);
  std::size_t room = std::max(columns, kFreeColumns + 1) - kFreeColumns;
  std::string text = fit_frame(frame_, room);
  std::size_t width = display_width(text);
  back_to_start(columns);
  out_.write(text);
  if (kind_.escapes) out_.write(kClearToEnd);
  pad_over_longer(width);
  shown_width_ = width;
}

void TerminalSink::hide_frame() {
  if (shown_width_ == 0) return;
  back_to_start(columns_of(descriptor_));
  if (kind_.escapes) out_.write(kClearToEnd);
  pad_over_longer(0);
  if (!kind_.escapes) out_.write("\r");
  shown_width_ = 0;
}

// Of a line that the program has not ended nothing is overwritten.
void TerminalSink::leave_open_line() {
  if (line_is_open_) out_.write("\n");
  line_is_open_ = false;
}

// It may be about to go on with its line: a bar that it moves, or dots.
bool TerminalSink::has_just_written() const {
  constexpr std::chrono::seconds kJust{1};
  return line_is_open_ && std::chrono::steady_clock::now() - output_at_ < kJust;
}

// A terminal that was made narrower has wrapped the frame, if it is of the
// kind that does so; the frame then begins some rows above.
void TerminalSink::back_to_start(std::size_t columns) {
  std::size_t rows_above = shown_width_ == 0 ? 0 : (shown_width_ - 1) / columns;
  if (kind_.rewraps && rows_above > 0) {
    out_.write(fmt::format("\x1b[{}A\r\x1b[J", rows_above));
  } else {
    out_.write("\r");
  }
}

void TerminalSink::pad_over_longer(std::size_t width) {
  if (kind_.escapes || width >= shown_width_) return;
  out_.write(std::string(shown_width_ - width, ' '));
}

void leave_moving_line() {
  int descriptor = moving_line_on.exchange(-1);
  if (descriptor >= 0) static_cast<void>(!::write(descriptor, "\n", 1));
}

std::unique_ptr<Sink> make_console_sink(const ConsoleSinkOptions& options) {
  if (::isatty(options.descriptor()) == 0) {
    return std::make_unique<PlainSink>(options);
  }
  return std::make_unique<TerminalSink>(options.descriptor(), terminal_kind());
}

}  // namespace thexp
