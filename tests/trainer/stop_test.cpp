#include "stop.h"

#include <stdexcept>

#include "catch.h"
#include "toy_trainer.h"

namespace {

using thexp::Stop;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

TEST_CASE("the first decision to stop counts, and gives the reason") {
  Stop stop;
  CHECK_FALSE(stop.ends_training());
  CHECK(stop.reason().empty());
  stop.decide("enough");
  stop.decide("later");
  CHECK(stop.ends_training());
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

TEST_CASE("an interrupt alone stops training, and is not a decision") {
  Stop stop;
  stop.interrupt("SIGINT");
  stop.interrupt("SIGTERM");
  CHECK(stop.ends_training());
  CHECK(stop.only_interrupted());
  CHECK(stop.reason() == "SIGINT");
  stop.forget_interrupt();
  CHECK_FALSE(stop.ends_training());
}

TEST_CASE("a checkpoint keeps decisions, and no interrupt") {
  Stop stop, resumed;
  thexp::KeptMembers kept, kept_there;
  stop.keep_in(kept);
  resumed.keep_in(kept_there);
  stop.interrupt("SIGINT");
  kept_there.load(kept.state());
  CHECK_FALSE(resumed.ends_training());
  stop.decide("enough");
  stop.end_epoch();
  kept_there.load(kept.state());
  CHECK(resumed.reason() == "enough");
  CHECK(resumed.ends_epoch());
  CHECK_FALSE(resumed.interrupted());
}

TEST_CASE("no batch runs after an epoch is asked to end") {
  Stop stop;
  stop.end_epoch();
  CHECK(stop.ends_epoch());
  CHECK_FALSE(stop.ends_training());
  stop.forget_epoch();
  CHECK_FALSE(stop.ends_epoch());
}

struct BreaksAtTheEnd : thexp::Callback {
  void on_train_end(thexp::Trainer&) override {
    throw std::runtime_error("broken");
  }
  thexp::ExceptionAction on_exception(thexp::Trainer&,
                                      const std::exception&) override {
    return thexp::ExceptionAction::kStop;
  }
};

TEST_CASE("an error at training's end that a callback handles loses nothing") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<BreaksAtTheEnd>();
  thexp::TrainResult result = trainer.train_steps(2);  // within an epoch
  CHECK(result.reason == "exception: broken");
  auto saved = trainer.saver().load_latest();
  REQUIRE(saved);
  CHECK(saved->info.at("step").as_integer() == 2);
}

}  // namespace
