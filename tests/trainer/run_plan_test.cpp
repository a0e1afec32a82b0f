#include "thexp/trainer/run_plan.h"

#include <tuple>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Phase;
using thexp::RunPlan;
using thexp::Until;

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
  CHECK(plan.until().epochs == 8);
  CHECK_FALSE(plan.decides_anew());
  CHECK(plan.limit(Phase::kTrain) == std::nullopt);
  CHECK(plan.limit(Phase::kEval) == 3);
  CHECK(plan.data_of(Phase::kEval) == Phase::kEval);
}

TEST_CASE("more epochs count from where a run goes on") {
  CpuParams params;
  params.more_epochs = 4;
  RunPlan plan(params);
  CHECK(plan.until().epochs == 4);
  plan.go_on_after({8, 80, Until::epoch(8)});
  CHECK(plan.until().epochs == 12);
  CHECK(plan.decides_anew());
}

TEST_CASE("a training that was killed keeps its target") {
  CpuParams params;
  params.more_epochs = 4;
  RunPlan plan(params);
  thexp::Earlier killed;
  killed.epochs = 5;
  killed.target = Until::epoch(8);
  killed.is_complete = false;
  plan.go_on_after(killed);
  CHECK(plan.until().epochs == 8);
  CHECK_FALSE(plan.decides_anew());
}

TEST_CASE("what stopped a training counts no more for one that has changed") {
  CpuParams params;
  params.epoch = 8;
  for (auto [target, changed, anew] :
       {std::tuple(8, false, false), {8, true, true}, {6, false, true}}) {
    RunPlan plan(params);
    plan.go_on_after({4, 40, Until::epoch(target), true, changed});
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
  CHECK(plan.until().epochs == 1);
  for (Phase phase :
       {Phase::kTrain, Phase::kEval, Phase::kTest, Phase::kPredict}) {
    CHECK(plan.limit(phase) == 1);
  }
  // A schedule looks as in the training that it tries out.
  CHECK(plan.scheduled_epochs(100) == 8);
  CHECK(plan.scheduled_batches(100) == 20);
  CHECK(plan.scheduled_batches(10) == 10);
  CHECK(plan.scheduled_batches(std::nullopt) == 20);
  CHECK(plan.scheduled_updates(100, 8) == 24);
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

// As if it was given on the command line.
void give(CpuParams& params, const char* key, int64_t value) {
  params.set(key, value, "--key (command line)");
}

TEST_CASE("steps stand in for epochs that nobody gave") {
  CpuParams by_default, given, authors;
  for (CpuParams* each : {&by_default, &given, &authors}) {
    give(*each, "steps", 500);
  }
  give(given, "epoch", 3);
  authors.epoch = 4;
  CHECK(RunPlan(by_default).until().epochs == Until::kNever);
  CHECK(RunPlan(given).until().epochs == 3);
  CHECK(RunPlan(given).until().steps == 500);
  CHECK(RunPlan(authors).until().epochs == Until::kNever);
  CpuParams both_by_author;
  both_by_author.epoch = 4;
  both_by_author.steps = 500;
  CHECK(RunPlan(both_by_author).until().epochs == 4);
  CHECK(RunPlan(by_default).counts_steps());
}

TEST_CASE("more steps count from where a run goes on") {
  CpuParams params;
  params.more_steps = 40;
  RunPlan plan(params);
  plan.go_on_after({2, 20, Until::step(20)});
  CHECK(plan.until().steps == 60);
  CHECK(plan.decides_anew());
  RunPlan killed(params);
  killed.go_on_after({1, 13, Until::step(20), false});
  CHECK(killed.until().steps == 20);
}

TEST_CASE("a schedule over a training by steps ends with it") {
  CpuParams params;
  give(params, "steps", 25);
  RunPlan plan(params);
  CHECK(plan.scheduled_epochs(10) == 3);
  CHECK(plan.scheduled_updates(10, 1) == 25);
  // Windows of 10, 10 and 5 batches: 4, 4 and 2 updates.
  CHECK(plan.scheduled_updates(10, 3) == 10);
  CHECK(plan.scheduled_updates(std::nullopt, 3) == 9);
  CpuParams endless;
  CHECK(RunPlan(endless).scheduled_updates(std::nullopt, 1) == 0);
}

}  // namespace
