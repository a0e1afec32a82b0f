#include "thexp/base/clock.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <iterator>
#include <regex>

namespace thexp {
namespace {

std::tm local_time(SystemTime time) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

const Clock& Clock::system() {
  static const Clock clock;
  return clock;
}

std::string format_time(SystemTime time, const char* format) {
  std::tm parts = local_time(time);
  char buffer[128];
  return std::string(buffer,
                     std::strftime(buffer, sizeof buffer, format, &parts));
}

std::string iso8601(SystemTime time) {
  using namespace std::chrono;
  auto whole = time_point_cast<seconds>(time);
  if (whole > time) whole -= seconds(1);
  auto millis = duration_cast<milliseconds>(time - whole).count();
  std::string zone = format_time(time, "%z");  // +0100
  return fmt::format("{}.{:03}{}:{}", format_time(whole, "%Y-%m-%dT%H:%M:%S"),
                     millis, zone.substr(0, 3), zone.substr(3));
}

std::string format_duration(std::chrono::duration<double> duration) {
  double seconds = std::max(0.0, duration.count());
  if (!std::isfinite(seconds)) return "?";
  auto total = static_cast<long long>(seconds + 0.5);
  if (total < 60) return fmt::format("{}s", total);
  if (total < 3600) return fmt::format("{}m{:02}s", total / 60, total % 60);
  if (total < 86400) {
    return fmt::format("{}h{:02}m", total / 3600, total % 3600 / 60);
  }
  return fmt::format("{}d{:02}h", total / 86400, total % 86400 / 3600);
}

std::optional<std::chrono::duration<double>> parse_duration(
    const std::string& text) {
  static const std::regex whole(
      R"((?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?)"
      R"((?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?)");
  constexpr double kSeconds[] = {86400, 3600, 60, 1};
  std::smatch parts;
  if (!std::regex_match(text, parts, whole)) return std::nullopt;
  double sum = 0;
  for (std::size_t i = 0; i < std::size(kSeconds); ++i) {
    if (!parts[i + 1].matched) continue;
    double number = 0;
    const std::string digits = parts[i + 1].str();
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    sum += number * kSeconds[i];
  }
  if (!(sum > 0) || !std::isfinite(sum)) return std::nullopt;
  return std::chrono::duration<double>(sum);
}

}  // namespace thexp
