// Metrics that a trainer registers: of a whole evaluation, not means of
// batches.
#include <cmath>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/ema.h"
#include "thexp/callbacks/model_checkpoint.h"
#include "thexp/meters/metrics.h"

namespace {

using thexp::default_callbacks;
using thexp::Phase;
using thexp_test::log_of;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// The batches are of 5, 5 and 2 examples.
struct Judged : ToyTrainer {
  explicit Judged(ToyParams& params) : ToyTrainer(params, default_callbacks) {
    params.batch_size = 5;
  }
  void models() override {
    ToyTrainer::models();
    add_metric(Phase::kEval, "r2", r2);
    add_metric(Phase::kEval, "mse2", mse,
               [](const auto& metric) { return 2 * metric.value(); });
    add_metric(Phase::kTrain, "mae", mae);
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    mae.update(net->forward(batch[0]), batch[1]);
    return ToyTrainer::train_batch(batch, at);
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto predicted = net->forward(batch[0]);
    if (updates) {
      r2.update(predicted, batch[1]);
      mse.update(predicted, batch[1]);
    }
    return ToyTrainer::eval_batch(batch);
  }
  bool updates = true;
  thexp::R2 r2;
  thexp::MeanSquaredError mse;
  thexp::MeanAbsoluteError mae;
};

TEST_CASE("P13 a registered metric is exact, shown, recorded and watched") {
  TempDir dir;
  ToyParams params(dir);
  Judged trainer(params);
  auto& best = trainer.add_callback<thexp::ModelCheckpoint>("eval/r2");
  trainer.train();
  auto whole = ToyTrainer::data()->get({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  thexp::R2 expected;
  expected.update(trainer.net->forward(whole[0]), whole[1]);
  CHECK(trainer.metric("eval/r2") == Approx(expected.value()));
  CHECK(trainer.metric("eval/mse2") == Approx(2 * trainer.metric("eval/loss")));
  CHECK(best.monitor().mode() == thexp::Mode::kMax);
  CHECK(best.best() == trainer.metric("eval/r2"));
  CHECK(trainer.metric_mode("eval/mse2") == thexp::Mode::kMin);
  CHECK_CONTAINS(log_of(trainer), "@r2=");
  trainer.finish();
  std::string metrics =
      thexp::read_file(trainer.run_folder() / "metrics.jsonl");
  CHECK_CONTAINS(metrics, "\"tag\":\"eval/r2\"");
}

TEST_CASE("P13 a resumed run has a metric of training as it was") {
  std::vector<double> values;
  for (bool interrupted : {false, true}) {
    TempDir dir;
    for (const char* resume : {"", "latest"}) {
      if (!interrupted && *resume != '\0') continue;
      ToyParams params(dir);
      params.resume = resume;
      Judged trainer(params);
      trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
        if (interrupted && at.progress().step == 4) at.interrupt("now");
      };
      trainer.train();
      if (!trainer.interrupted()) values.push_back(trainer.metric("train/mae"));
    }
  }
  REQUIRE(values.size() == 2);
  CHECK(values[0] == values[1]);
}

TEST_CASE("a metric that nobody updates is found before training") {
  TempDir dir;
  ToyParams params(dir);
  Judged trainer(params);
  trainer.updates = false;
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                 "metric eval/r2: eval_batch() does not call its update()");
  CHECK(trainer.progress().step == 0);
}

TEST_CASE("a metric is registered once, and not for a prediction") {
  struct Twice : Judged {
    using Judged::Judged;
    void models() override {
      Judged::models();
      add_metric(phase, "r2", r2);
    }
    Phase phase = Phase::kEval;
  };
  TempDir dir;
  for (Phase phase : {Phase::kEval, Phase::kPredict}) {
    ToyParams params(dir);
    Twice trainer(params);
    trainer.phase = phase;
    CHECK_THROWS_AS(trainer.setup(), thexp::UsageError);
  }
}

TEST_CASE("a number is added to an evaluation that has just ended alone") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.train_steps(1);
  auto add = [&](const char* name) {
    return message_of<thexp::Error>([&] { trainer.set_metric(name, 1); });
  };
  CHECK_CONTAINS(add("eval/f1"), "must have just ended");
  trainer.eval();
  trainer.set_metric("eval/f1", 1);
  CHECK(trainer.metric("eval/f1") == 1);
  CHECK_CONTAINS(add("train/f1"), "a name is eval/… or test/…");
}

TEST_CASE("a callback can ask whether it sees averages, and how all ended") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.add_callback<thexp::Ema>();
  std::vector<bool> seen;
  auto& probe = trainer.add_callback<Probe>(thexp::Callback::kFirst);
  probe.at_eval_end = [&](thexp::Trainer& at) {
    seen.push_back(at.sees_averages());
  };
  probe.at_epoch_end = [&](thexp::Trainer& at) {
    seen.push_back(at.sees_averages());
    at.stop_train("enough");
  };
  trainer.train();
  CHECK(seen == std::vector<bool>{false, true});
  CHECK_FALSE(trainer.result().completed);
  CHECK(trainer.result().reason == "enough");
}

TEST_CASE("a registered metric of training is watched, by epochs and steps") {
  for (bool by_steps : {false, true}) {
    TempDir dir;
    ToyParams params(dir);
    if (by_steps) params.set("steps", 4, "--steps");
    params.eval_every_steps = by_steps ? 2 : 0;
    Judged trainer(params);
    auto& best = trainer.add_callback<thexp::ModelCheckpoint>("train/mae");
    trainer.train();
    CHECK(std::isfinite(best.best()));
    CHECK(trainer.metric("train/mae") > 0);
  }
}

// Its first batch is of one class alone.
struct Sorted : ToyTrainer {
  explicit Sorted(ToyParams& params) : ToyTrainer(params, default_callbacks) {}
  void models() override {
    ToyTrainer::models();
    add_metric(Phase::kEval, "auc", auc);
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto scores = net->forward(batch[0]).squeeze(1);
    auc.update(scores, batch[0].select(1, 0).ge(0.5).to(at::kLong));
    return ToyTrainer::eval_batch(batch);
  }
  thexp::Auc auc;
};

TEST_CASE("a metric that a batch alone has no value for passes the trial") {
  TempDir dir;
  ToyParams params(dir);
  Sorted trainer(params);
  trainer.train();
  CHECK(std::isfinite(trainer.metric("eval/auc")));
}

TEST_CASE("the best by a metric goes in the direction that the metric has") {
  struct Named : Judged {
    using Judged::Judged;
    void models() override {
      Judged::models();
      add_metric(Phase::kEval, "fit", fit);
    }
    thexp::Meter eval_batch(const thexp::Batch& batch) override {
      fit.update(net->forward(batch[0]), batch[1]);
      return Judged::eval_batch(batch);
    }
    thexp::R2 fit;
  };
  for (const char* mode : {"auto", "max"}) {
    TempDir dir;
    ToyParams params(dir);
    params.checkpoint_keep_best = 1;
    params.checkpoint_best_metric = "eval/fit";
    params.checkpoint_best_mode = mode;
    Named trainer(params);
    if (*mode == 'm') {
      CHECK(trainer.train().completed);
    } else {
      CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                     "give --checkpoint.best_mode=max");
    }
  }
}

}  // namespace
