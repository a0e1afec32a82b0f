#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/thexp.h"

// Phases whose data gives no batch: known, and said, before the first step.

namespace {

using thexp::Phase;
using thexp_test::contains;
using thexp_test::log_of;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A trainer with every monitor, whose metric is called `metric`.
struct Monitored {
  Monitored(const TempDir& dir, const std::string& metric)
      : params(dir), trainer(params, thexp::default_callbacks) {
    params.epoch = 3;
    params.checkpoint_keep_best = 1;
    params.checkpoint_best_metric = metric;
    trainer.add_callback<thexp::ModelCheckpoint>(metric);
    trainer.add_callback<thexp::EarlyStopping>(
        thexp::EarlyStoppingOptions().monitor(metric).patience(1));
    trainer.add_callback<thexp::Plateau>(
        thexp::PlateauOptions().monitor(metric).patience(0));
  }

  ToyParams params;
  ToyTrainer trainer;
};

std::shared_ptr<thexp::Dataset> examples(int64_t count) {
  return thexp::tensor_dataset({at::zeros({count, 2}), at::zeros({count, 1})});
}

TEST_CASE("monitors wait where evaluations are limited to no batch") {
  TempDir dir;
  Monitored run(dir, "eval/loss");
  run.params.limit_eval_batches = 0;
  CHECK(run.trainer.train().completed);
  CHECK(run.trainer.progress().epoch == 3);
  CHECK_FALSE(run.trainer.saver().find_best());
  std::string log = log_of(run.trainer);
  std::string line = "no eval batches, eval skipped | limit_eval_batches is 0";
  std::size_t first = log.find(line);
  REQUIRE(first != std::string::npos);
  CHECK(first < log.find("epoch 1"));
  CHECK(log.find(line, first + 1) == std::string::npos);
  CHECK_FALSE(contains(log, "| eval  |"));
}

TEST_CASE("monitors wait where no batch is trained on") {
  TempDir dir;
  Monitored run(dir, "train/loss");
  run.params.limit_train_batches = 0;
  CHECK(run.trainer.train().completed);
  CHECK(run.trainer.progress().epoch == 3);
}

TEST_CASE("a monitored metric of data that gives no batch is an early error") {
  for (int64_t count : {0, 3}) {
    TempDir dir;
    Monitored run(dir, "eval/loss");
    run.trainer.with_eval = false;
    run.trainer.on_models = [count](ToyTrainer& trainer) {
      trainer.add_loader(Phase::kEval, examples(count),
                         thexp::LoaderOptions().batch_size(4).drop_last(true));
    };
    CHECK(message_of<thexp::UsageError>([&] { run.trainer.train(); }) ==
          "checkpoint.best_metric=eval/loss: the eval data gives no batch: it "
          "is empty, or smaller than one batch with drop_last; or name another "
          "metric");
    CHECK(run.trainer.progress().step == 0);
  }
}

TEST_CASE("without a monitor, data that gives no batch is a line of the log") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, thexp::default_callbacks);
  trainer.with_eval = false;
  trainer.on_models = [](ToyTrainer& self) {
    self.add_loader(Phase::kEval, examples(0));
    self.add_loader(Phase::kTest, examples(0));
  };
  CHECK(trainer.train().completed);
  std::string log = log_of(trainer);
  for (const char* phase : {"eval", "test"}) {
    CHECK_CONTAINS(log, fmt::format("no {0} batches, {0} skipped | the {0} "
                                    "data gives no batch",
                                    phase));
  }
  CHECK(trainer.eval().empty());
}

TEST_CASE("EarlyStopping alone refuses data that gives no batch") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, thexp::default_callbacks);
  trainer.add_callback<thexp::EarlyStopping>();
  trainer.with_eval = false;
  trainer.on_models = [](ToyTrainer& self) {
    self.add_loader(Phase::kEval, examples(0));
  };
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "'eval/loss' is watched, but the eval data gives no batch");
  CHECK(trainer.progress().step == 0);
}

TEST_CASE("a metric that is misspelled is told all the same") {
  TempDir dir;
  Monitored run(dir, "eval/los");
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { run.trainer.train(); }),
                 "there is no eval/los (checkpoint.best_metric names it); did "
                 "you mean eval/loss?");
}

TEST_CASE("predicting nothing is an empty result") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = [](ToyTrainer& self) {
    self.add_loader(Phase::kPredict, examples(0));
  };
  at::Tensor nothing = trainer.predict();
  CHECK(nothing.sizes() == at::IntArrayRef({0}));
}

}  // namespace
