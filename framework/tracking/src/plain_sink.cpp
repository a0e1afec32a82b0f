#include <algorithm>
#include <utility>

#include "console_sinks.h"

namespace thexp {

PlainSink::PlainSink(const ConsoleSinkOptions& options)
    : out_(options.descriptor(), "standard output"),
      interval_(options.plain_interval()),
      clock_(options.clock()),
      written_at_(clock_.steady()) {}

void PlainSink::line(std::string_view text) {
  close();
  write(text);
}

void PlainSink::frame(std::string_view text) {
  frame_ = one_line(text);
  pending_ = true;
  bool is_due = clock_.steady() - written_at_ >= interval_;
  if (is_due && !line_is_open_) close();
}

// As it is; only a line of the log ends one that the program has not.
void PlainSink::output(std::string_view bytes, std::string_view) {
  if (bytes.empty()) return;
  out_.write(bytes);
  line_is_open_ = bytes.back() != '\n';
}

void PlainSink::close() {
  if (!pending_) return;
  write(frame_);
  pending_ = false;
}

void PlainSink::write(std::string_view text) {
  if (std::exchange(line_is_open_, false)) out_.write("\n");
  out_.write(text);
  out_.write("\n");
  written_at_ = clock_.steady();
}

std::chrono::milliseconds PlainSink::frame_interval() const {
  return std::min(interval_, std::chrono::milliseconds(1000));
}

}  // namespace thexp
