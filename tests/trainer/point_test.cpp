#include "point.h"

#include <stdexcept>

#include "catch.h"
#include "toy_trainer.h"

namespace {

using thexp::Point;
using thexp::Within;
using thexp::WithinLoop;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

TEST_CASE("the loop is at a point for as long as the guard lives") {
  Point point = Point::kOutside;
  {
    WithinLoop loop(point);
    CHECK(point == Point::kBetweenSteps);
    {
      Within step(point, Point::kStep);
      CHECK(point == Point::kStep);
    }
    CHECK(point == Point::kBetweenSteps);
  }
  CHECK(point == Point::kOutside);
}

TEST_CASE("where an exception ends a step, the point stays to tell of it") {
  Point point = Point::kOutside;
  WithinLoop loop(point);
  try {
    Within step(point, Point::kStep);
    throw std::runtime_error("broken");
  } catch (const std::runtime_error&) {
    CHECK(point == Point::kStep);
  }
}

struct TrainsAgain : thexp::Callback {
  void on_epoch_end(thexp::Trainer& trainer) override {
    message = message_of<thexp::UsageError>([&] { trainer.train_steps(1); });
  }
  std::string message;
};

TEST_CASE("a callback cannot train, and what was under way goes on") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  auto& callback = trainer.add_callback<TrainsAgain>();
  CHECK(trainer.train().completed);
  CHECK_CONTAINS(callback.message, "training runs already");
  CHECK(trainer.progress().step == 6);
}

struct Told : thexp::Callback {
  thexp::ExceptionAction on_exception(thexp::Trainer&,
                                      const std::exception&) override {
    ++times;
    return thexp::ExceptionAction::kRethrow;
  }
  int times = 0;
};

TEST_CASE("callbacks hear of an evaluation that breaks after a failed start") {
  TempDir dir;
  ToyParams params(dir);
  params.batch_size = 100;  // more than there are examples
  struct NoData : ToyTrainer {
    using ToyTrainer::ToyTrainer;
    void datasets() override {
      add_loader(thexp::Phase::kTrain, data(),
                 thexp::LoaderOptions().batch_size(100).drop_last(true));
      add_loader(thexp::Phase::kEval, data());
    }
  };
  NoData trainer(params);
  auto& told = trainer.add_callback<Told>();
  CHECK_THROWS_AS(trainer.train(), thexp::UsageError);
  trainer.change_eval_loss = [](const at::Tensor&) -> at::Tensor {
    throw std::runtime_error("broken");
  };
  CHECK_THROWS_AS(trainer.eval(), std::runtime_error);
  CHECK(told.times == 1);
}

}  // namespace
