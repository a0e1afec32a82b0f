#include "set_lines.h"

#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string without_comment(const std::string& line) {
  for (std::size_t at = line.find('#'); at != std::string::npos;
       at = line.find('#', at + 1)) {
    bool begins = at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t';
    if (begins) return line.substr(0, at);
  }
  return line;
}

}  // namespace

std::vector<SetLine> set_lines(const std::string& content) {
  std::vector<SetLine> lines;
  std::size_t number = 0;
  for (const std::string& line : split(content, '\n')) {
    ++number;
    std::string text = trim(without_comment(line));
    if (!text.empty()) lines.push_back({text, number});
  }
  return lines;
}

}  // namespace thexp
