// Training by steps: its length, evaluations between steps, and what they do.
#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/callbacks/early_stopping.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/lr_schedule.h"
#include "thexp/callbacks/model_checkpoint.h"
#include "thexp/data/loader.h"
#include "thexp/optim/schedule.h"

namespace {

using thexp::default_callbacks;
using thexp::EvalCallback;
using thexp::EvalOptions;
using thexp_test::log_of;
using thexp_test::Probe;
using thexp_test::script;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Steps = std::vector<int64_t>;

// Three batches an epoch; what is set here is as if on the command line.
struct StepParams : ToyParams {
  explicit StepParams(const TempDir& dir, int64_t count = 7) : ToyParams(dir) {
    give("steps", count);
  }
  void give(const std::string& key, const thexp::Value& value) {
    set(key, value, "--" + key + " (command line)");
  }
};

TEST_CASE("training by steps ends within an epoch, and goes over its end") {
  TempDir dir;
  StepParams params(dir);
  ToyTrainer trainer(params, default_callbacks);
  CHECK(trainer.train().completed);
  CHECK(trainer.progress().step == 7);
  CHECK(trainer.progress().epoch == 2);
  CHECK(trainer.progress().batch == 1);
  CHECK(trainer.epochs_wanted() == 3);
  CHECK(trainer.steps_wanted() == 7);
  CHECK_CONTAINS(log_of(trainer), " | train end | 7 steps in ");
}

TEST_CASE("epochs that are given limit a training by steps, too") {
  TempDir dir;
  StepParams params(dir, 100);
  params.give("epoch", 2);
  ToyTrainer trainer(params);
  trainer.train();
  CHECK(trainer.progress().step == 6);
}

TEST_CASE("more steps count from where the run stands") {
  TempDir dir;
  for (auto [key, step] : {std::pair("steps", 4), {"more_steps", 9}}) {
    ToyParams params(dir);
    params.auto_resume = true;
    params.set(key, key == std::string("steps") ? 4 : 5, "--steps");
    ToyTrainer trainer(params);
    trainer.train();
    CHECK(trainer.progress().step == step);
  }
}

TEST_CASE("fewer steps than are finished are refused") {
  TempDir dir;
  {
    StepParams params(dir);
    ToyTrainer trainer(params);
    trainer.train();
  }
  StepParams params(dir, 5);
  params.resume = "latest";
  params.allow = "params";
  ToyTrainer trainer(params);
  CHECK_CONTAINS(thexp_test::message_of<thexp::Error>([&] { trainer.train(); }),
                 "--steps=5: 7 steps are finished in ");
}

// The steps after which a training was evaluated.
Steps evaluated_steps(StepParams& params, const EvalOptions& options = {}) {
  Steps steps;
  ToyTrainer trainer(params);
  trainer.add_callback<EvalCallback>(options);
  trainer.add_callback<Probe>().at_eval_end = [&](thexp::Trainer& at) {
    steps.push_back(at.progress().step);
  };
  trainer.train();
  return steps;
}

TEST_CASE("evaluations come every n steps, and never twice at one") {
  TempDir dir;
  StepParams each_epoch(dir), every_two(dir), from_start(dir);
  CHECK(evaluated_steps(each_epoch) == Steps{3, 6, 7});
  every_two.give("eval.every_steps", 2);
  CHECK(evaluated_steps(every_two) == Steps{2, 3, 4, 6, 7});
  from_start.give("eval.every_steps", 4);
  from_start.give("eval.every", 0);
  from_start.give("eval.at_start", true);
  CHECK(evaluated_steps(from_start) == Steps{0, 4, 7});
}

TEST_CASE("what the user gives wins over a callback's own frequency") {
  TempDir dir;
  StepParams own(dir), given(dir);
  CHECK(evaluated_steps(own, EvalOptions().every(2)) == Steps{6, 7});
  given.give("eval.every", 1);
  CHECK(evaluated_steps(given, EvalOptions().every(2)) == Steps{3, 6, 7});
}

TEST_CASE("the default callback's frequency can be changed") {
  TempDir dir;
  StepParams params(dir);
  ToyTrainer trainer(params, [](thexp::Trainer& made) {
    default_callbacks(made);
    made.find_callback<EvalCallback>()->set_options(
        EvalOptions().every(0).every_steps(5));
  });
  Steps steps;
  trainer.add_callback<Probe>().at_eval_end = [&](thexp::Trainer& at) {
    steps.push_back(at.progress().step);
  };
  trainer.train();
  CHECK(steps == Steps{5, 7});
  CHECK_THROWS_AS(EvalCallback(EvalOptions().every_steps(-1)),
                  thexp::UsageError);
}

TEST_CASE("a new best is committed at its own step, with its evaluation") {
  TempDir dir;
  StepParams params(dir, 8);
  params.give("eval.every", 0);
  params.give("eval.every_steps", 2);
  params.give("checkpoint.every", 0);
  params.give("checkpoint.keep", 9);
  ToyTrainer trainer(params, default_callbacks);
  trainer.change_eval_loss = script({9, 9, 9, 5, 5, 5, 7, 7, 7, 6, 6, 6});
  trainer.add_callback<thexp::ModelCheckpoint>();
  trainer.train();
  auto best = trainer.saver().find_best();
  REQUIRE(best);
  CHECK(best->name == "step-4");
  CHECK(best->info().at("metrics").at("eval/loss") == thexp::Value(5.0));
  std::string log = log_of(trainer);
  CHECK_CONTAINS(log, " | eval/loss improved from 9 to 5\n");
  CHECK_CONTAINS(log, " | step 4/8 | @loss=");
  CHECK_CONTAINS(log, " | eval @loss=5.0000 | ");
}

TEST_CASE("a checkpoint between evaluations has the newest with its step") {
  TempDir dir;
  StepParams params(dir, 5);
  params.give("eval.every", 0);
  params.give("eval.every_steps", 4);
  params.give("checkpoint.every_steps", 1);
  params.give("checkpoint.keep", 9);
  ToyTrainer trainer(params, default_callbacks);
  trainer.change_eval_loss = script({3});
  trainer.add_callback<Probe>().at_batch_end = [](thexp::Trainer& at) {
    if (at.progress().step == 5) at.stop_train("enough");
  };
  trainer.train();
  trainer.flush_checkpoints();
  auto fourth = trainer.saver().load_checkpoint(thexp::SavePoint::step(4));
  CHECK(fourth.info.at("metrics").at("eval/loss") == thexp::Value(3.0));
  CHECK(fourth.info.find("earlier_metrics") == nullptr);
  auto third = trainer.saver().load_checkpoint(thexp::SavePoint::step(3));
  CHECK(third.info.at("metrics").find("eval/loss") == nullptr);
}

TEST_CASE("early stopping counts evaluations between steps") {
  TempDir dir;
  StepParams params(dir, 100);
  params.give("eval.every_steps", 2);
  params.give("eval.every", 0);
  ToyTrainer trainer(params, default_callbacks);
  trainer.change_eval_loss = script({1, 1, 1, 2});
  trainer.add_callback<thexp::EarlyStopping>(
      thexp::EarlyStoppingOptions().patience(2));
  CHECK_FALSE(trainer.train().completed);
  CHECK(trainer.progress().step == 6);
}

TEST_CASE("an evaluation outside of the loop is watched as well") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_every = 0;
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::ModelCheckpoint>();
  trainer.change_eval_loss = script({1});
  trainer.train_steps(2);
  trainer.eval();
  trainer.flush_checkpoints();
  REQUIRE(trainer.saver().find_best());
  CHECK(trainer.saver().find_best()->info().at("step") == thexp::Value(2));
}

TEST_CASE("a schedule over the training knows its length in steps") {
  TempDir dir;
  StepParams params(dir);
  ToyTrainer trainer(params);
  int64_t length = 0;
  trainer.add_callback<thexp::LrSchedule>(
      [&](int64_t updates) {
        length = updates;
        return thexp::Schedule::linear(1, 0, 0, updates);
      },
      thexp::LrScheduleOptions().unit(thexp::LrScheduleOptions::Unit::kUpdate));
  trainer.train();
  CHECK(length == 7);
}

// Batches without an end.
struct Endless : thexp::BatchSource {
  struct Stream : thexp::BatchStream {
    bool next(thexp::Batch& batch) override {
      batch = thexp::Batch({at::ones({4, 2}), at::ones({4, 1})});
      return true;
    }
  };
  std::unique_ptr<thexp::BatchStream> stream(int64_t, int64_t) override {
    return std::make_unique<Stream>();
  }
  std::optional<int64_t> batches() const override { return std::nullopt; }
  std::optional<int64_t> examples() const override { return std::nullopt; }
  int64_t batch_size_at(int64_t) const override { return 4; }
};

TEST_CASE("data without an end is trained by steps, or refused") {
  TempDir dir;
  for (int64_t steps : {0, 5}) {
    ToyParams params(dir);
    if (steps > 0) params.set("steps", steps, "--steps");
    ToyTrainer trainer(params, default_callbacks);
    trainer.setup();
    trainer.wrap_loader(thexp::Phase::kTrain,
                        [](auto) { return std::make_shared<Endless>(); });
    if (steps == 0) {
      CHECK_CONTAINS(
          thexp_test::message_of<thexp::Error>([&] { trainer.train(); }),
          "the train data has no end; say how far to train with --steps or "
          "--max_time, or how many batches make an epoch with "
          "--limit_train_batches");
    } else {
      trainer.train();
      CHECK(trainer.progress().step == 5);
      CHECK(trainer.progress().epoch == 0);
    }
  }
}

TEST_CASE("max_time ends in order, and the next start goes on") {
  TempDir dir;
  thexp::fs::path run;
  for (bool limited : {true, false}) {
    StepParams params(dir, 6);
    params.auto_resume = true;
    if (limited) params.max_time = "0.05s";
    ToyTrainer trainer(params, default_callbacks);
    trainer.on_train_batch = [&](const thexp::Batch&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(limited ? 30 : 0));
    };
    CHECK(trainer.train().completed == !limited);
    CHECK(trainer.interrupted() == limited);
    if (limited) CHECK_CONTAINS(trainer.stop_reason(), "max_time");
    trainer.finish();
    run = trainer.run_folder();
  }
  CHECK_CONTAINS(thexp::read_file(run / "run.json"), "\"completed\"");
  ToyParams bad(dir);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::Error>([&] { bad.max_time = "3 hours"; }),
      "a duration such as 90s, 15m, 3h30m or 1d");
}

// Interrupted in its last step, before what follows on it.
void interrupt_at(const TempDir& dir, int64_t count) {
  StepParams params(dir, count);
  ToyTrainer trainer(params, default_callbacks);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == count - 1) trainer.interrupt("now");
  };
  trainer.train();
  trainer.finish();
}

TEST_CASE("what nobody waits for any more does not keep a step open") {
  TempDir dir;
  interrupt_at(dir, 1);
  StepParams params(dir, 7);
  params.give("eval.every", 0);
  params.give("checkpoint.every_steps", 2);
  params.give("checkpoint.keep", 9);
  params.resume = "latest";
  params.allow = "params";
  ToyTrainer trainer(params, default_callbacks);
  CHECK(trainer.train().completed);
  std::vector<int64_t> saved;
  for (const auto& file : trainer.saver().find_checkpoints()) {
    saved.push_back(file.point->number);
  }
  CHECK(saved == Steps{1, 2, 3, 4, 6, 7});
}

TEST_CASE("a run that was interrupted in its last step keeps its target") {
  TempDir dir;
  interrupt_at(dir, 5);
  ToyParams params(dir);
  params.resume = "latest";
  params.set("more_steps", 3, "--steps");
  ToyTrainer trainer(params, default_callbacks);
  trainer.train();
  CHECK(trainer.progress().step == 5);
}

TEST_CASE("beyond the end, a loop of one's own is evaluated at its end alone") {
  TempDir dir;
  StepParams params(dir, 4);
  params.give("eval.every", 9);
  ToyTrainer trainer(params);
  Steps steps;
  trainer.add_callback<EvalCallback>();
  trainer.add_callback<Probe>().at_eval_end = [&](thexp::Trainer& at) {
    steps.push_back(at.progress().step);
  };
  trainer.train();
  trainer.train_steps(4);
  CHECK(steps == Steps{4, 8});
}

TEST_CASE("an evaluation without an end is refused") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.setup();
  trainer.wrap_loader(thexp::Phase::kEval,
                      [](auto) { return std::make_shared<Endless>(); });
  CHECK_CONTAINS(thexp_test::message_of<thexp::Error>([&] { trainer.eval(); }),
                 "the eval data has no end; say how many batches with "
                 "--limit_eval_batches");
}

}  // namespace
