#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace thexp {

using SystemTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where the library takes the time from, so that a test can give its own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime now() const { return std::chrono::system_clock::now(); }
  virtual SteadyTime steady() const { return std::chrono::steady_clock::now(); }

  /// The machine's clock.
  static const Clock& system();
};

/// Local time through strftime, e.g. "%y-%m-%d %H:%M:%S".
std::string format_time(SystemTime time, const char* format);

/// Local time with its offset: "2026-11-21T10:00:00.123+01:00".
std::string iso8601(SystemTime time);

/// "59s", "2m05s", "3h07m", "2d04h": a duration for people, never longer than
/// seven characters below 1000 days.
std::string format_duration(std::chrono::duration<double> seconds);

/// What people write: "90s", "15m", "3h30m", "1d", "1.5h", its units from large
/// to small. Nothing for another text, and for no time at all.
std::optional<std::chrono::duration<double>> parse_duration(
    const std::string& text);

}  // namespace thexp
