#include "stop.h"

#include "catch.h"

namespace {

using thexp::Stop;

TEST_CASE("the first decision to stop counts, and gives the reason") {
  Stop stop;
  CHECK_FALSE(stop.training());
  CHECK(stop.reason().empty());
  stop.decide("enough");
  stop.decide("later");
  CHECK(stop.training());
  CHECK(stop.reason() == "enough");
}

TEST_CASE("a decision outweighs an interrupt, whichever came first") {
  for (bool interrupt_first : {true, false}) {
    Stop stop;
    if (interrupt_first) stop.interrupt("SIGINT");
    stop.decide("enough");
    if (!interrupt_first) stop.interrupt("SIGINT");
    CHECK(stop.interrupted());
    CHECK_FALSE(stop.only_interrupted());
    CHECK(stop.reason() == "enough");
  }
}

TEST_CASE("an interrupt alone stops training, and is no decision") {
  Stop stop;
  stop.interrupt("SIGINT");
  stop.interrupt("SIGTERM");
  CHECK(stop.training());
  CHECK(stop.only_interrupted());
  CHECK(stop.reason() == "SIGINT");
  stop.forget_interrupt();
  CHECK_FALSE(stop.training());
}

TEST_CASE("a checkpoint keeps decisions, and no interrupt") {
  Stop stop, resumed;
  thexp::KeptMembers kept, kept_there;
  stop.keep_in(kept);
  resumed.keep_in(kept_there);
  stop.interrupt("SIGINT");
  kept_there.load(kept.state());
  CHECK_FALSE(resumed.training());
  stop.decide("enough");
  stop.end_epoch();
  kept_there.load(kept.state());
  CHECK(resumed.reason() == "enough");
  CHECK(resumed.epoch());
  CHECK_FALSE(resumed.interrupted());
}

TEST_CASE("no batch runs after an epoch was told to end") {
  Stop stop;
  stop.end_epoch();
  CHECK(stop.epoch());
  CHECK_FALSE(stop.training());
  stop.forget_epoch();
  CHECK_FALSE(stop.epoch());
}

}  // namespace
