#include "thexp/tracking/progress_text.h"

#include <cmath>

#include "catch.h"

namespace {

using thexp::ProgressText;
using Seconds = ProgressText::Seconds;

ProgressText full() {
  return ProgressText()
      .position(3)
      .total(250)
      .meters("@loss=0.21")
      .rate(12345)
      .elapsed(Seconds(12))
      .remaining(Seconds(100));
}

TEST_CASE("T11 a progress line has position, meters, rate and times") {
  CHECK(full().to_string() ==
        "3/250 | @loss=0.21 | 0m12s < 1m40s | 12.3k ex/s");
}

TEST_CASE("parts that are not known are left out") {
  CHECK(ProgressText().position(7).to_string() == "7");
  CHECK(ProgressText().position(7).total(9).to_string() == "7/9");
  CHECK(full().meters("").to_string() == "3/250 | 0m12s < 1m40s | 12.3k ex/s");
  CHECK(full().rate(0).to_string() == "3/250 | @loss=0.21 | 0m12s < 1m40s");
  CHECK(full().rate(std::nan("")).to_string() ==
        "3/250 | @loss=0.21 | 0m12s < 1m40s");
  CHECK(ProgressText().position(7).elapsed(Seconds(3)).to_string() ==
        "7 | 0m03s");
}

TEST_CASE("T11 a progress line tells the time left of all and the rates") {
  CHECK(full().left(Seconds(3900)).learning_rates({0.05}).to_string() ==
        "3/250 | @loss=0.21 | 1h05m left | 0m12s < 1m40s | lr 0.05 | "
        "12.3k ex/s");
  auto rates = [](const std::vector<double>& values) {
    return ProgressText().learning_rates(values).to_string();
  };
  CHECK(rates({}) == "0");
  CHECK(rates({0.1, 0.1}) == "0 | lr 0.1");
  CHECK(rates({0.1, 0.00003, 0.1}) == "0 | lr 0.1, 3e-05");
}

TEST_CASE("the remaining time follows from the share that is done") {
  auto at = [](int64_t position) {
    return ProgressText()
        .position(position)
        .total(100)
        .elapsed(Seconds(60))
        .to_string();
  };
  CHECK(at(0) == "0/100 | 1m00s < ?");
  CHECK(at(25) == "25/100 | 1m00s < 3m00s");
  CHECK(at(100) == "100/100 | 1m00s < 0m00s");
  CHECK(at(120) == "120/100 | 1m00s < 0m00s");
}

TEST_CASE("long times") {
  auto text = ProgressText()
                  .position(1)
                  .total(2)
                  .elapsed(Seconds(11220))
                  .remaining(Seconds(200000));
  CHECK(text.to_string() == "1/2 | 3h07m < 2d07h");
}

}  // namespace
