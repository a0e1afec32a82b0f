#include <algorithm>
#include <utility>

#include "console_sinks.h"

namespace thexp {

PlainSink::PlainSink(const ConsoleSinkOptions& options)
    : out_(options.descriptor(), "standard output"),
      interval_(options.plain_interval()),
      frame_(interval_, options.clock()) {}

void PlainSink::line(std::string_view text) {
  close();
  write(text);
}

void PlainSink::frame(std::string_view text) {
  frame_.put(text);
  write_due();
}

// As it is; only a line of the log ends one that the program has not.
void PlainSink::output(std::string_view bytes, std::string_view) {
  if (bytes.empty()) return;
  out_.write(bytes);
  line_is_open_ = bytes.back() != '\n';
}

void PlainSink::close() {
  if (auto text = frame_.take()) write(*text);
}

bool PlainSink::pump() {
  write_due();
  return out_.pump();
}

// The program's own line is not broken for a frame.
std::chrono::milliseconds PlainSink::wait() const {
  return line_is_open_ ? kNothingWaits : frame_.wait();
}

void PlainSink::write_due() {
  if (line_is_open_) return;
  if (auto text = frame_.take_due()) write(*text);
}

void PlainSink::write(std::string_view text) {
  if (std::exchange(line_is_open_, false)) out_.write("\n");
  out_.write(text);
  out_.write("\n");
  frame_.note_writing();
}

std::chrono::milliseconds PlainSink::frame_interval() const {
  return std::min(interval_, std::chrono::milliseconds(1000));
}

}  // namespace thexp
