#include "fit_frame.h"

#include <algorithm>
#include <vector>

#include "thexp/base/columns.h"
#include "thexp/base/text.h"
#include "thexp/tracking/marked_line.h"

namespace thexp {
namespace {

constexpr std::string_view kBetweenParts = " | ";
constexpr std::string_view kBetweenMeters = "  @";

bool is_meters(const std::string& part) { return starts_with(part, "@"); }

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    std::size_t end = text.find(kBetweenParts);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + kBetweenParts.size());
  }
}

// A line that gets shorter until it fits.
class Shortening {
 public:
  Shortening(std::string_view text, std::size_t columns)
      : parts_(parts_of(text)), columns_(columns) {}

  // How many parts there are up to the meters; of a line without, up to the
  // position behind its first word.
  std::size_t up_to_meters() const {
    auto meters = std::find_if(parts_.begin(), parts_.end(), is_meters);
    if (meters == parts_.end()) return 2;
    return static_cast<std::size_t>(meters - parts_.begin()) + 1;
  }

  void drop_parts_down_to(std::size_t count) {
    while (!fits() && parts_.size() > count) parts_.pop_back();
  }

  void drop_meters_but_first() {
    for (std::string& part : parts_) {
      while (is_meters(part) && !fits() && drop_last_meter(part)) {
      }
    }
  }

  std::string text() const { return join(parts_, kBetweenParts); }

 private:
  bool fits() const { return display_width(text()) <= columns_; }

  static bool drop_last_meter(std::string& meters) {
    std::size_t at = meters.rfind(kBetweenMeters);
    if (at == std::string::npos) return false;
    meters.erase(at);
    return true;
  }

  std::vector<std::string> parts_;
  std::size_t columns_;
};

}  // namespace

std::string fit_frame(std::string_view utf8, std::size_t columns) {
  if (display_width(utf8) <= columns) return std::string(utf8);
  Shortening line(utf8.substr(date_length(utf8)), columns);
  const std::size_t essential = line.up_to_meters();
  line.drop_parts_down_to(essential + 1);
  line.drop_meters_but_first();
  line.drop_parts_down_to(essential);
  return fit_width(line.text(), columns);
}

}  // namespace thexp
