#include "thexp/tracking/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// Minutes also below one, so that the columns after it do not jump.
std::string clock_text(ProgressText::Seconds duration) {
  std::string text = format_duration(duration);
  bool seconds_only = text.find_first_of("mhd?") == std::string::npos;
  return seconds_only ? fmt::format("0m{:0>3}", text) : text;
}

}  // namespace

ProgressText& ProgressText::position(int64_t value) {
  position_ = value;
  return *this;
}

ProgressText& ProgressText::total(int64_t value) {
  total_ = value;
  return *this;
}

ProgressText& ProgressText::meters(std::string text) {
  meters_ = std::move(text);
  return *this;
}

ProgressText& ProgressText::rate(double per_second, const std::string& unit) {
  rates_.erase(unit);
  if (std::isfinite(per_second) && per_second > 0) {
    rates_[unit] = fmt::format("{} {}/s", format_count(per_second), unit);
  }
  return *this;
}

ProgressText& ProgressText::elapsed(Seconds value) {
  elapsed_ = value;
  return *this;
}

ProgressText& ProgressText::remaining(Seconds value) {
  remaining_ = value;
  return *this;
}

ProgressText& ProgressText::left(Seconds value) {
  left_ = value;
  return *this;
}

ProgressText& ProgressText::learning_rates(const std::vector<double>& values) {
  learning_rates_.clear();
  for (double value : values) {
    std::string text = fmt::format("{:.3g}", value);
    auto& all = learning_rates_;
    bool known = std::find(all.begin(), all.end(), text) != all.end();
    if (!known) all.push_back(std::move(text));
  }
  return *this;
}

std::string ProgressText::to_string() const {
  std::vector<std::string> parts;
  parts.push_back(total_ ? fmt::format("{}/{}", position_, *total_)
                         : fmt::format("{}", position_));
  if (!meters_.empty()) parts.push_back(meters_);
  if (left_) parts.push_back(clock_text(*left_) + " left");
  if (elapsed_) parts.push_back(times());
  if (!learning_rates_.empty()) {
    parts.push_back("lr " + join(learning_rates_, ", "));
  }
  for (const auto& rate : rates_) parts.push_back(rate.second);
  return join(parts, " | ");
}

std::string ProgressText::times() const {
  std::string spent = clock_text(*elapsed_);
  if (!total_ && !remaining_) return spent;
  return spent + " < " + remaining_text();
}

std::string ProgressText::remaining_text() const {
  if (remaining_) return clock_text(*remaining_);
  if (position_ <= 0) return "?";
  auto to_go = static_cast<double>(std::max<int64_t>(0, *total_ - position_));
  return clock_text(*elapsed_ * (to_go / static_cast<double>(position_)));
}

}  // namespace thexp
