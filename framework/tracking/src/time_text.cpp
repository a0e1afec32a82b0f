#include "time_text.h"

#include <cstdio>
#include <ctime>

#include "thexp/base/error.h"

namespace thexp {

SystemTime parse_iso8601(const std::string& text) {
  std::tm parts{};
  int millis = 0, zone_hours = 0, zone_minutes = 0, used = 0;
  char sign = 0;
  int fields = std::sscanf(
      text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c%2d:%2d%n", &parts.tm_year,
      &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
      &parts.tm_sec, &millis, &sign, &zone_hours, &zone_minutes, &used);
  bool whole = fields == 10 && static_cast<std::size_t>(used) == text.size();
  if (!whole || (sign != '+' && sign != '-')) {
    throw FormatError("'" + text +
                      "' is not a time such as 2026-11-21T10:00:00.000+01:00");
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  auto zone =
      std::chrono::hours(zone_hours) + std::chrono::minutes(zone_minutes);
  auto local = std::chrono::system_clock::from_time_t(::timegm(&parts)) +
               std::chrono::milliseconds(millis);
  return sign == '+' ? local - zone : local + zone;
}

}  // namespace thexp
