#include "thexp/callbacks/early_stopping.h"

#include <limits>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/callbacks/eval_callback.h"

namespace {

using thexp::EarlyStopping;
using thexp::EarlyStoppingOptions;
using thexp::EvalCallback;
using thexp::Mode;
using thexp_test::message_of;
using thexp_test::script;
using thexp_test::set_epochs;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

EarlyStoppingOptions patience(int64_t count) {
  return EarlyStoppingOptions().patience(count);
}

// A trainer with these evaluation losses, stopped early by `options`.
struct Stopped {
  Stopped(const TempDir& dir,
          std::vector<double> losses,
          const EarlyStoppingOptions& options,
          int64_t epochs = 10,
          int eval_every = 1)
      : params(dir), trainer(params) {
    set_epochs(params, epochs);
    trainer.change_eval_loss = script(std::move(losses));
    trainer.add_callback<EvalCallback>(eval_every);
    trainer.add_callback<EarlyStopping>(options);
  }
  int64_t epochs() const { return trainer.progress().epoch; }

  ToyParams params;
  ToyTrainer trainer;
};

TEST_CASE("T20 EarlyStopping stops when patience ends") {
  struct Row {
    std::vector<double> losses;
    EarlyStoppingOptions options;
    int64_t epochs;
  };
  const Row rows[] = {
      {{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, patience(1), 10},
      {{3, 2, 2}, patience(1), 3},
      {{3, 2, 2}, patience(3), 5},
      {{3, 2, 2, 1.5, 2}, patience(2), 6},
      {{3, 4, 5, 2, 9}, patience(3), 7},
      {{3, 2.8, 2.6}, patience(2).min_delta(0.5), 3},
      {{3, 2.8, 2.4}, patience(2).min_delta(0.5), 5},
      {{1, 2, 3, 3}, patience(2).mode(Mode::kMax), 5},
      {{kNan}, patience(2), 2},
      {{1, kNan}, patience(2), 3},
      {{1, kNan, 0.5}, patience(2), 5},
      // Rounding is no improvement: 0.5, 0.9 and 1.8 millionths.
      {{1, 0.9999995}, patience(2), 3},
      {{1, 0.9999991, 0.9999982, 2}, patience(2), 5},
  };
  for (const Row& row : rows) {
    TempDir dir;
    Stopped run(dir, row.losses, row.options);
    thexp::TrainResult result = run.trainer.train();
    INFO("row " << &row - rows);
    CHECK(run.epochs() == row.epochs);
    CHECK(result.completed == (row.epochs == 10));
  }
}

TEST_CASE("the reason says what did not improve on what") {
  TempDir dir;
  Stopped run(dir, {0.5}, patience(2)), soon(dir, {1 / 3.0}, patience(1));
  CHECK(run.trainer.train().reason ==
        "early stopping: eval/loss did not improve on 0.5 for 2 evaluations");
  CHECK(soon.trainer.train().reason ==
        "early stopping: eval/loss did not improve on 0.3333 for 1 evaluation");
}

TEST_CASE("patience counts evaluations, not epochs") {
  TempDir dir;
  Stopped run(dir, {1}, patience(2), 100, 5);
  run.trainer.train();
  CHECK(run.epochs() == 15);
}

TEST_CASE("training metrics can be monitored") {
  TempDir dir;
  Stopped run(dir, {1}, patience(3).monitor("train/loss"), 10, 0);
  run.trainer.change_train_loss = [](const at::Tensor& loss) {
    return loss * 0 + 1;
  };
  run.trainer.train();
  CHECK(run.epochs() == 4);
}

TEST_CASE("a metric that does not exist is an error with the nearest name") {
  TempDir dir;
  Stopped run(dir, {1}, patience(1).monitor("eval/los"));
  CHECK(message_of<thexp::UsageError>([&] { run.trainer.train(); }) ==
        "there is no eval/los (it is watched); did you mean eval/loss?");
}

TEST_CASE("a metric that no data can give is an error at the beginning") {
  TempDir dir;
  Stopped run(dir, {1}, patience(1));
  run.trainer.with_eval = false;
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { run.trainer.train(); }),
                 "'eval/loss' is watched, but there is no eval data");
  CHECK(run.trainer.progress().step == 0);
}

TEST_CASE("patience survives a checkpoint") {
  TempDir dir;
  Stopped first(dir, {1}, patience(3), 3), second(dir, {1}, patience(3));
  first.trainer.train();
  second.trainer.load_state(first.trainer.state());
  auto* stopping = second.trainer.find_callback<EarlyStopping>();
  CHECK(stopping->waited() == 2);
  CHECK(stopping->best() == 1);
  second.trainer.train();
  CHECK(second.epochs() == 4);
}

TEST_CASE("a run killed after the decision stops again at once") {
  TempDir dir;
  Stopped first(dir, {1}, patience(2)), second(dir, {1}, patience(2));
  first.trainer.train();
  REQUIRE(first.epochs() == 3);
  second.trainer.load_state(first.trainer.state());
  thexp::TrainResult result = second.trainer.train();
  CHECK_FALSE(result.completed);
  CHECK_CONTAINS(result.reason, "early stopping");
  CHECK(second.epochs() == 3);
}

TEST_CASE("training again after an early stop begins a new count") {
  TempDir dir;
  Stopped run(dir, {1}, patience(2));
  run.trainer.train();
  CHECK(run.epochs() == 3);
  run.trainer.train();
  CHECK(run.epochs() == 5);
}

TEST_CASE("EarlyStopping refuses a min_delta that is negative or not finite") {
  for (double delta : {-0.1, kNan, std::numeric_limits<double>::infinity()}) {
    CHECK_CONTAINS(message_of<thexp::UsageError>([delta] {
                     EarlyStopping stopping(patience(1).min_delta(delta));
                   }),
                   "'eval/loss' is watched with min_delta");
  }
}

TEST_CASE("EarlyStopping refuses a patience below 1") {
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { EarlyStopping stopping(patience(0)); }),
                 "patience 0 is below 1");
}

}  // namespace
