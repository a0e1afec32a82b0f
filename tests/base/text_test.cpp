#include "thexp/base/text.h"

#include <cmath>
#include <limits>

#include "catch.h"

namespace {

TEST_CASE("closest_match finds what was meant, or nothing") {
  std::vector<std::string> keys = {"optim.lr", "batch_size", "epoch"};
  CHECK(thexp::closest_match("optim.lrr", keys) == "optim.lr");
  CHECK(thexp::closest_match("bacth_size", keys) == "batch_size");
  CHECK(thexp::closest_match("epochs", keys) == "epoch");
  CHECK(thexp::closest_match("momentum", keys) == "");
  CHECK(thexp::closest_match("x", {}) == "");
}

TEST_CASE("split and join are inverse") {
  CHECK(thexp::split("a,b,,c", ',') ==
        std::vector<std::string>{"a", "b", "", "c"});
  CHECK(thexp::join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(thexp::join({}, ",") == "");
  CHECK(thexp::trim("  a b \n") == "a b");
  CHECK(thexp::trim(" \t") == "");
}

TEST_CASE("format_real reads back as the same double") {
  CHECK(thexp::format_real(0.1) == "0.1");
  CHECK(thexp::format_real(1) == "1.0");
  CHECK(thexp::format_real(1e-7) == "1e-07");
  CHECK(thexp::format_real(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(thexp::format_real(std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("parse_non_finite reads what format_real writes") {
  CHECK(std::isnan(*thexp::parse_non_finite("nan")));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(thexp::parse_non_finite("inf") == kInfinity);
  CHECK(thexp::parse_non_finite("-inf") == -kInfinity);
  CHECK(thexp::parse_non_finite("+inf") == std::nullopt);
  CHECK(thexp::parse_non_finite("1.0") == std::nullopt);
}

TEST_CASE("quantities are short") {
  CHECK(thexp::format_count(84) == "84");
  CHECK(thexp::format_count(1234) == "1.23k");
  CHECK(thexp::format_count(45678) == "45.7k");
  CHECK(thexp::format_count(999999) == "1.00M");
  CHECK(thexp::format_count(0.5) == "0.50");
  CHECK(thexp::format_bytes(382) == "382 B");
  CHECK(thexp::format_bytes(1536) == "1.5 KiB");
  CHECK(thexp::format_bytes(400.0 * 1024 * 1024) == "400.0 MiB");
}

}  // namespace
