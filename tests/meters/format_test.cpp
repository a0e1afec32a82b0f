#include "thexp/meters/format.h"

#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::format_number;
using thexp::MeterFormat;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string plain(double value) {
  return format_number(MeterFormat::plain(), value);
}

TEST_CASE("T7 plain reals have 4 decimals, integers none") {
  CHECK(plain(0.70721) == "0.7072");
  CHECK(plain(1.0) == "1.0000");
  CHECK(plain(-3.14159) == "-3.1416");
  CHECK(format_number(MeterFormat::plain(), int64_t{-17}) == "-17");
}

TEST_CASE("T7 reals too small or too large for 4 decimals stay readable") {
  CHECK(plain(0.0) == "0.0000");
  CHECK(plain(-0.0) == "0.0000");
  CHECK(plain(1.23e-7) == "1.2e-07");
  CHECK(plain(-4e-5) == "-4.0e-05");
  CHECK(plain(0.0001) == "0.0001");
  CHECK(plain(9999999.25) == "9999999.2500");
  CHECK(plain(1e7) == "1.0e+07");
  CHECK(plain(-2.5e30) == "-2.5e+30");
}

TEST_CASE("T8 percent, integer and fixed") {
  CHECK(format_number(MeterFormat::percent(), 0.236) == "23.60%");
  CHECK(format_number(MeterFormat::percent(), int64_t{1}) == "100.00%");
  CHECK(format_number(MeterFormat::integer(), 3.236) == "3");
  CHECK(format_number(MeterFormat::integer(), 3.6) == "4");
  CHECK(format_number(MeterFormat::integer(), -0.2) == "0");
  CHECK(format_number(MeterFormat::fixed(2), 0.23612312) == "0.24");
  CHECK(format_number(MeterFormat::fixed(6), 0.1) == "0.100000");
  CHECK(format_number(MeterFormat::fixed(1), int64_t{2}) == "2.0");
}

TEST_CASE("T8 non-finite values read alike in every format") {
  for (MeterFormat format : {MeterFormat::plain(), MeterFormat::percent(),
                             MeterFormat::integer(), MeterFormat::fixed(2)}) {
    CHECK(format_number(format, kNan) == "nan");
    CHECK(format_number(format, kInfinity) == "inf");
    CHECK(format_number(format, -kInfinity) == "-inf");
  }
}

TEST_CASE("T8 formats have names, and equal by what they show") {
  CHECK(MeterFormat::fixed(6).name() == "fixed(6)");
  CHECK(MeterFormat::percent().name() == "percent");
  CHECK(MeterFormat::fixed(6) != MeterFormat::fixed(5));
  CHECK(MeterFormat::fixed(4) != MeterFormat::plain());
  CHECK(MeterFormat::integer() == MeterFormat::integer());
  CHECK(thexp_test::message_of<thexp::UsageError>([] {
          MeterFormat::fixed(18);
        }) == "fixed(18): decimals must be within 0 and 17");
}

}  // namespace
