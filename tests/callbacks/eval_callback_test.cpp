#include "thexp/callbacks/eval_callback.h"

#include "callbacks_support.h"
#include "catch.h"

namespace {

using thexp::EvalCallback;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Epochs = std::vector<int64_t>;

// The epochs after which a trainer was evaluated and tested.
struct Seen {
  explicit Seen(ToyTrainer& trainer) {
    auto& probe = trainer.add_callback<Probe>();
    probe.at_eval_end = [this](thexp::Trainer& at) {
      evaluated.push_back(at.progress().epoch);
    };
    probe.at_test_end = [this](thexp::Trainer& at) {
      tested.push_back(at.progress().epoch);
    };
  }
  Epochs evaluated, tested;
};

TEST_CASE("T19 EvalCallback evaluates after every n-th finished epoch") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 11;
  ToyTrainer trainer(params);
  trainer.with_test = true;
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>(2, 5);
  trainer.train();
  // The last epoch was missed by both.
  CHECK(seen.evaluated == Epochs{2, 4, 6, 8, 10, 11});
  CHECK(seen.tested == Epochs{5, 10, 11});
}

TEST_CASE("T19 EvalCallback evaluates each epoch and tests each fifth") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 10;
  ToyTrainer trainer(params);
  trainer.with_test = true;
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>();
  trainer.train();
  CHECK(seen.evaluated == Epochs{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(seen.tested == Epochs{5, 10});
}

TEST_CASE("an interrupt, also by a callback, does not wait for an evaluation") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>();
  trainer.add_callback<Probe>().at_batch_end = [](thexp::Trainer& at) {
    if (at.progress().step == 4) at.interrupt("time limit");
  };
  trainer.train();
  CHECK(seen.evaluated == Epochs{1});
}

TEST_CASE("T19 zero means never") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 6;
  ToyTrainer trainer(params);
  trainer.with_test = true;
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>(0, 0);
  trainer.train();
  CHECK(seen.evaluated.empty());
  CHECK(seen.tested.empty());
}

TEST_CASE("EvalCallback refuses negative numbers") {
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([] { EvalCallback(-1, 5); }),
      "EvalOptions::every(-1)");
  CHECK_THROWS_AS(EvalCallback(1, -2), thexp::UsageError);
}

TEST_CASE("training in pieces is not evaluated between them") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 3;
  ToyTrainer trainer(params);
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>(2);
  trainer.train_epoch();
  trainer.train_steps(1);
  CHECK(seen.evaluated.empty());
  trainer.train_epoch();
  CHECK(seen.evaluated == Epochs{2});
  trainer.train();
  CHECK(seen.evaluated == Epochs{2, 3});
}

TEST_CASE("training that is stopped early is evaluated at its end") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 20;
  ToyTrainer trainer(params);
  Seen seen(trainer);
  trainer.add_callback<EvalCallback>(2);
  trainer.find_callback<Probe>()->at_batch_end = [](thexp::Trainer& at) {
    if (at.progress().step == 10) at.stop_train("enough");
  };
  trainer.train();
  CHECK(seen.evaluated == Epochs{2, 3});  // after step 6 and step 10
}

TEST_CASE("a finished training that is loaded is not evaluated again") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  params.epoch = 3;
  again.epoch = 3;
  ToyTrainer trainer(params), loaded(again);
  trainer.add_callback<EvalCallback>(2);
  loaded.add_callback<EvalCallback>(2);
  trainer.add_callback<Probe>();
  Seen seen(loaded);
  trainer.train();
  loaded.load_state(trainer.state());
  loaded.train();
  CHECK(seen.evaluated.empty());
}

TEST_CASE("T17 missing data is not an error for EvalCallback") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 5;
  ToyTrainer trainer(params);
  trainer.with_eval = false;
  trainer.add_callback<EvalCallback>();
  CHECK(trainer.train().completed);
  std::string log = thexp_test::log_of(trainer);
  std::size_t first = log.find("no eval data, eval skipped");
  CHECK(first != std::string::npos);
  CHECK(log.find("skipped", first + 20) == std::string::npos);
}

}  // namespace
