#include "thexp/base/clock.h"

#include <cstdlib>
#include <ctime>

#include "catch.h"

namespace {

using std::chrono::duration;

TEST_CASE("format_duration stays short") {
  CHECK(thexp::format_duration(duration<double>(0)) == "0s");
  CHECK(thexp::format_duration(duration<double>(59.4)) == "59s");
  CHECK(thexp::format_duration(duration<double>(59.6)) == "1m00s");
  CHECK(thexp::format_duration(duration<double>(125)) == "2m05s");
  CHECK(thexp::format_duration(duration<double>(3 * 3600 + 420)) == "3h07m");
  CHECK(thexp::format_duration(duration<double>(2 * 86400 + 3600 * 4)) ==
        "2d04h");
  CHECK(thexp::format_duration(duration<double>(-3)) == "0s");
}

TEST_CASE("times are local and carry their offset") {
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  thexp::SystemTime time{std::chrono::milliseconds(1763719200123)};
  CHECK(thexp::format_time(time, "%y-%m-%d %H:%M:%S") == "25-11-21 15:45:00");
  CHECK(thexp::iso8601(time) == "2025-11-21T15:45:00.123+05:45");
}

TEST_CASE("durations are read as people write them") {
  auto seconds = [](const char* text) {
    auto parsed = thexp::parse_duration(text);
    return parsed ? parsed->count() : -1;
  };
  CHECK(seconds("90s") == 90);
  CHECK(seconds("15m") == 900);
  CHECK(seconds("3h30m") == 12600);
  CHECK(seconds("1d") == 86400);
  CHECK(seconds("1.5h") == 5400);
  CHECK(seconds("0.25s") == 0.25);
  for (const char* wrong : {"", "90", "s", "3 h", "30m3h", "-1s", "0s", "1e3s",
                            "1.s", "1hh", "3h30"}) {
    INFO(wrong);
    CHECK(seconds(wrong) == -1);
  }
}

}  // namespace
