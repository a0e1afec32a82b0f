#include "thexp/trainer/run_plan.h"

#include <tuple>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Phase;
using thexp::RunPlan;

struct CpuParams : thexp::TrainerParams {
  CpuParams() { device = "cpu"; }
};

TEST_CASE("a plan says what the parameters mean") {
  CpuParams params;
  params.epoch = 8;
  params.limit_eval_batches = 3;
  RunPlan plan(params);
  CHECK(plan.trains());
  CHECK(plan.saves());
  CHECK(plan.shuffles());
  CHECK(plan.epochs() == 8);
  CHECK_FALSE(plan.decides_anew());
  CHECK(plan.limit(Phase::kTrain) == std::nullopt);
  CHECK(plan.limit(Phase::kEval) == 3);
  CHECK(plan.data_of(Phase::kEval) == Phase::kEval);
}

TEST_CASE("more epochs count from where a run goes on") {
  CpuParams params;
  params.more_epochs = 4;
  RunPlan plan(params);
  CHECK(plan.epochs() == 4);
  plan.go_on_after({8, 8});
  CHECK(plan.epochs() == 12);
  CHECK(plan.decides_anew());
}

TEST_CASE("a training that was killed keeps its target") {
  CpuParams params;
  params.more_epochs = 4;
  RunPlan plan(params);
  thexp::Earlier killed;
  killed.epochs = 5;
  killed.target = 8;
  killed.is_complete = false;
  plan.go_on_after(killed);
  CHECK(plan.epochs() == 8);
  CHECK_FALSE(plan.decides_anew());
}

TEST_CASE("what stopped a training counts no more for one that has changed") {
  CpuParams params;
  params.epoch = 8;
  for (auto [target, changed, anew] :
       {std::tuple(8, false, false), {8, true, true}, {6, false, true}}) {
    RunPlan plan(params);
    plan.go_on_after({4, target, true, changed});
    CHECK(plan.decides_anew() == anew);
  }
}

TEST_CASE("a trial is one batch of everything, and saves nothing") {
  CpuParams params;
  params.epoch = 8;
  params.fast_dev_run = true;
  params.checkpoint_every_steps = 1;
  params.limit_train_batches = 20;
  RunPlan plan(params);
  CHECK_FALSE(plan.saves());
  CHECK(plan.checkpoints().every_steps == 0);
  CHECK(plan.epochs() == 1);
  for (Phase phase :
       {Phase::kTrain, Phase::kEval, Phase::kTest, Phase::kPredict}) {
    CHECK(plan.limit(phase) == 1);
  }
  // A schedule looks as in the training that it tries out.
  CHECK(plan.scheduled_epochs() == 8);
  CHECK(plan.scheduled_batches(100) == 20);
  CHECK(plan.scheduled_batches(10) == 10);
  CHECK(plan.scheduled_batches(std::nullopt) == 20);
}

TEST_CASE("overfitting trains and evaluates on the same first batches") {
  CpuParams params;
  params.overfit_batches = 2;
  params.limit_train_batches = 20;
  RunPlan plan(params);
  CHECK_FALSE(plan.shuffles());
  CHECK(plan.limit(Phase::kTrain) == 2);
  CHECK(plan.limit(Phase::kEval) == 2);
  CHECK(plan.limit(Phase::kTest) == std::nullopt);
  CHECK(plan.data_of(Phase::kEval) == Phase::kTrain);
  CHECK(plan.data_of(Phase::kTest) == Phase::kTest);
}

TEST_CASE("a device that is not there is an error") {
  thexp::TrainerParams params;
  params.device = "abacus";
  CHECK_THROWS_AS(RunPlan(params), thexp::UsageError);
}

}  // namespace
