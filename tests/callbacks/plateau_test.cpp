#include "thexp/callbacks/plateau.h"

#include <limits>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/lr_schedule.h"

namespace {

using thexp::Plateau;
using thexp::PlateauOptions;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::script;
using thexp_test::set_epochs;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Rates = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The losses and the options of reference.py.
const Rates kLosses = {1.0,  0.8,  0.79, 0.81, 0.8,  0.9,  0.9, 0.5, 0.5, 0.5,
                       kNan, 0.49, 0.49, 0.49, 0.49, 0.49, 0.3, 0.3, 0.3, 0.3};

PlateauOptions options() {
  return PlateauOptions()
      .factor(0.5)
      .patience(1)
      .cooldown(2)
      .min_lr(0.01)
      .min_delta(0.015);
}

// A trainer with these losses that notes the rates after each epoch.
struct Watched {
  Watched(const TempDir& dir,
          Rates losses,
          const PlateauOptions& plateau,
          int64_t epochs)
      : params(dir), trainer(params) {
    set_epochs(params, epochs);
    trainer.change_eval_loss = script(std::move(losses));
    trainer.on_models = [](ToyTrainer& toy) {
      toy.add_optimizer("low", torch::optim::SGD(toy.net->parameters(), 0.004));
    };
    trainer.add_callback<thexp::EvalCallback>();
    trainer.add_callback<Plateau>(plateau);
    trainer.add_callback<Probe>().at_epoch_end = [this](thexp::Trainer& at) {
      high.push_back(at.optimizer("optim").learning_rates().front());
      low.push_back(at.optimizer("low").learning_rates().front());
    };
  }
  ToyParams params;
  ToyTrainer trainer;
  Rates high, low;
};

TEST_CASE("T20 Plateau lowers the rates as Python's ReduceLROnPlateau") {
  TempDir dir;
  Watched run(dir, kLosses, options(), 20);
  run.trainer.train();
  CHECK(run.high == Rates{0.1,    0.1,    0.1,    0.05,   0.05,  0.05,  0.05,
                          0.05,   0.05,   0.025,  0.025,  0.025, 0.025, 0.0125,
                          0.0125, 0.0125, 0.0125, 0.0125, 0.01,  0.01});
  // Below min_lr from the beginning: not raised to it.
  CHECK(run.low == Rates(20, 0.004));
}

TEST_CASE("Plateau goes on exactly after a resume") {
  TempDir dir;
  Watched whole(dir, kLosses, options(), 20);
  whole.trainer.train();
  for (int64_t split : {3, 5, 9, 13}) {
    Watched first(dir, kLosses, options(), split);
    Watched second(dir, Rates(kLosses.begin() + split, kLosses.end()),
                   options(), 20);
    first.trainer.train();
    second.trainer.load_state(first.trainer.state());
    second.trainer.train();
    INFO("split after epoch " << split);
    CHECK(second.high == Rates(whole.high.begin() + split, whole.high.end()));
  }
}

TEST_CASE("Plateau with a named optimizer and more being better") {
  TempDir dir;
  Watched run(dir, {1, 2, 2, 2},
              PlateauOptions().patience(0).factor(0.5).optimizer("low").mode(
                  thexp::Mode::kMax),
              4);
  run.trainer.train();
  CHECK(run.high == Rates(4, 0.1));
  CHECK(run.low == Rates{0.004, 0.004, 0.002, 0.001});
}

using Unit = thexp::LrScheduleOptions::Unit;

// Never better: reduced after epochs 2, 3, 4, …
PlateauOptions at_once() { return PlateauOptions().patience(0).factor(0.5); }

thexp::LrScheduleOptions of_optim(Unit unit) {
  return thexp::LrScheduleOptions().unit(unit).optimizer("optim");
}

TEST_CASE("Plateau's reductions are a factor of an epoch's schedule") {
  TempDir dir;
  Watched run(dir, {1, 1, 0.5, 0.5, 0.5}, at_once(), 6);
  run.trainer.add_callback<thexp::LrSchedule>(thexp::Schedule::step(1, 3, 0.25),
                                              of_optim(Unit::kEpoch));
  run.trainer.train();
  // The schedule: 1, 1, 1, 0.25, 0.25, 0.25; halved after epochs 2, 4, 5, 6.
  CHECK(run.high == Rates{1, 0.5, 0.5, 0.0625, 0.03125, 0.015625});
  CHECK(run.low == Rates{0.004, 0.002, 0.002, 0.001, 0.0005, 0.00025});
}

TEST_CASE("Plateau's reductions are a factor of an update's schedule") {
  TempDir dir;
  Watched run(dir, {1}, at_once(), 4);  // an update each
  run.trainer.add_callback<thexp::LrSchedule>(
      thexp::Schedule::linear(8, 4, 0, 4), of_optim(Unit::kUpdate));
  Rates used;
  run.trainer.find_callback<Probe>()->at_update_begin =
      [&](thexp::OptimizerSlot& slot) {
        used.push_back(slot.learning_rates().front());
      };
  run.trainer.train();
  CHECK(used == Rates{8, 7, 3, 1.25});
}

TEST_CASE("a reduction that min_lr stops goes on in that proportion") {
  TempDir dir;
  Watched run(dir, {1, 1, 0.5, 0.4}, at_once().min_lr(0.75), 4);
  run.trainer.add_callback<thexp::LrSchedule>(
      thexp::Schedule::multi_step(1, {2, 3}, 0.5), of_optim(Unit::kEpoch));
  run.trainer.train();
  CHECK(run.high == Rates{1, 0.75, 0.375, 0.1875});
}

TEST_CASE("Plateau beside a schedule goes on exactly after a resume") {
  TempDir dir;
  auto schedule = [](Watched& run) {
    run.trainer.add_callback<thexp::LrSchedule>(
        thexp::Schedule::cosine(0.1, 0.01, 0, 20), of_optim(Unit::kEpoch));
  };
  Watched whole(dir, kLosses, options(), 20);
  schedule(whole);
  whole.trainer.train();
  for (int64_t split : {4, 9, 10}) {
    Watched first(dir, kLosses, options(), split);
    Watched second(dir, Rates(kLosses.begin() + split, kLosses.end()),
                   options(), 20);
    schedule(first);
    schedule(second);
    first.trainer.train();
    second.trainer.load_state(first.trainer.state());
    second.trainer.train();
    INFO("split after epoch " << split);
    CHECK(second.high == Rates(whole.high.begin() + split, whole.high.end()));
  }
}

TEST_CASE("each reduction is logged, a rate that stays is not") {
  TempDir dir;
  Watched run(dir, {1}, options().cooldown(0).optimizer("optim").min_lr(0.05),
              7);
  run.trainer.train();
  std::string log = thexp_test::log_of(run.trainer);
  std::size_t first = log.find("eval/loss is on a plateau | optim lr = 0.05");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("plateau", first + 20) == std::string::npos);
}

TEST_CASE("Plateau takes rounding for no improvement") {
  TempDir dir;
  Watched run(dir, {0.9, 0.9 - 1e-7, 0.9 - 2e-7, 0.9 - 3e-7},
              options().cooldown(0).min_delta(0), 4);
  run.trainer.train();
  CHECK(run.high == Rates{0.1, 0.1, 0.05, 0.05});
}

TEST_CASE("Plateau refuses impossible options") {
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { Plateau plateau(PlateauOptions().factor(1)); }),
                 "factor 1 is outside of (0, 1)");
  CHECK_THROWS_AS(Plateau(PlateauOptions().factor(kNan)), thexp::UsageError);
  for (double wrong : {-0.1, kNan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(Plateau(PlateauOptions().min_lr(wrong)), thexp::UsageError);
    CHECK_THROWS_AS(Plateau(PlateauOptions().min_delta(wrong)),
                    thexp::UsageError);
  }
  CHECK_THROWS_AS(Plateau(PlateauOptions().patience(-1)), thexp::UsageError);
  CHECK_THROWS_AS(Plateau(PlateauOptions().cooldown(-1)), thexp::UsageError);
  TempDir dir;
  Watched run(dir, {1}, PlateauOptions().optimizer("none"), 2);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { run.trainer.train(); }),
                 "there is no optimizer 'none' (there are: optim, low)");
}

}  // namespace
