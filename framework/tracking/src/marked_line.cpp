#include "thexp/tracking/marked_line.h"

#include <cctype>

#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kMark = "~ | ";

}  // namespace

std::string log_date(SystemTime time) {
  return format_time(time, "%y-%m-%d %H:%M:%S");
}

std::size_t date_length(std::string_view line) {
  constexpr std::string_view kShape = "dd-dd-dd dd:dd:dd | ";
  if (line.size() < kShape.size()) return 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    bool digit = std::isdigit(static_cast<unsigned char>(line[i])) != 0;
    if (kShape[i] == 'd' ? !digit : line[i] != kShape[i]) return 0;
  }
  return kShape.size();
}

std::string marked_line(std::string_view line) {
  std::size_t date = date_length(line);
  return std::string(line.substr(0, date))
      .append(kMark)
      .append(line.substr(date));
}

bool is_marked_line(std::string_view line) {
  return starts_with(line.substr(date_length(line)), kMark);
}

std::string without_marked_lines(std::string_view log) {
  std::string kept;
  while (!log.empty()) {
    std::size_t end = log.find('\n');
    std::size_t length = end == std::string_view::npos ? log.size() : end + 1;
    std::string_view line = log.substr(0, length);
    if (!is_marked_line(line)) kept += line;
    log.remove_prefix(length);
  }
  return kept;
}

}  // namespace thexp
