#include "output_lines.h"

namespace thexp {
namespace {

// Text that goes on without a line end is cut.
constexpr std::size_t kLongestLine = 1 << 20;

}  // namespace

std::string OutputLines::add(std::string_view piece) {
  std::string lines;
  for (;;) {
    std::size_t end = piece.find('\n');
    add_part(piece.substr(0, end));
    if (open_.size() > kLongestLine) end_line(lines);
    if (end == std::string_view::npos) return lines;
    end_line(lines);
    piece.remove_prefix(end + 1);
  }
}

std::string OutputLines::end() {
  std::string lines;
  if (!open_.empty()) end_line(lines);
  return lines;
}

// At once, so that a bar that is rewritten for hours takes no memory.
void OutputLines::add_part(std::string_view part) {
  open_ += part;
  std::size_t last = open_.find_last_not_of('\r');
  if (last == std::string::npos) return;
  open_.erase(0, open_.rfind('\r', last) + 1);
}

void OutputLines::end_line(std::string& lines) {
  lines.append(open_, 0, open_.find_last_not_of('\r') + 1);
  lines += '\n';
  open_.clear();
}

}  // namespace thexp
