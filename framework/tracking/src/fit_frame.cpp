#include "fit_frame.h"

#include <algorithm>
#include <cctype>

#include "thexp/base/columns.h"

namespace thexp {
namespace {

constexpr std::string_view kBetween = " | ";

// "26-11-21 10:00:00 | " is left away.
std::string_view without_date(std::string_view text) {
  constexpr std::string_view kShape = "dd-dd-dd dd:dd:dd | ";
  if (text.size() < kShape.size()) return text;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return text;
  }
  return text.substr(kShape.size());
}

// The last `parts` parts with the " | " before them.
std::string_view tail_of(std::string_view text, int parts) {
  std::size_t at = text.size();
  for (; parts > 0; --parts) {
    if (at == 0) return {};
    at = text.rfind(kBetween, at - 1);
    if (at == std::string_view::npos) return {};
  }
  return text.substr(at);
}

}  // namespace

std::string fit_frame(std::string_view utf8, std::size_t columns) {
  if (display_width(utf8) <= columns) return std::string(utf8);
  std::string_view text = without_date(utf8);
  if (display_width(text) <= columns) return std::string(text);
  for (int parts : {2, 1}) {
    std::string_view tail = tail_of(text, parts);
    std::size_t width = display_width(tail);
    if (tail.empty() || width > columns / 2) continue;
    std::string_view head = text.substr(0, text.size() - tail.size());
    return fit_width(head, columns - width) + std::string(tail);
  }
  return fit_width(text, columns);
}

}  // namespace thexp
