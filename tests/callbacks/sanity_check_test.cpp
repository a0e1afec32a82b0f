// What is broken in an evaluation is found before the first step.
#include <torch/nn/modules/batchnorm.h>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/early_stopping.h"
#include "thexp/callbacks/eval_callback.h"

namespace {

using thexp::default_callbacks;
using thexp::EarlyStopping;
using thexp::EarlyStoppingOptions;
using thexp_test::log_of;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Evaluates as it is told.
struct OtherEval : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  std::function<thexp::Meter()> evaluate;
  thexp::Meter eval_batch(const thexp::Batch&) override { return evaluate(); }
};

// Nothing was trained.
void check_refused(OtherEval& trainer, const std::string& message) {
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }), message);
  CHECK(trainer.progress().step == 0);
}

TEST_CASE("a broken eval_batch is found before the first step") {
  TempDir dir;
  ToyParams params(dir);
  OtherEval trainer(params, default_callbacks);
  trainer.evaluate = []() -> thexp::Meter { throw thexp::Error("no shape"); };
  check_refused(trainer, "no shape");
  CHECK_CONTAINS(log_of(trainer),
                 "eval_batch fails on the first batch, tried out before "
                 "training | --eval.sanity=0 leaves the trial out");
}

TEST_CASE("an eval_batch that reports nothing is found before training") {
  TempDir dir;
  ToyParams params(dir);
  OtherEval trainer(params, default_callbacks);
  trainer.evaluate = [] { return thexp::Meter(); };
  check_refused(trainer, "eval_batch() reports nothing");
}

TEST_CASE("a resume tries its evaluation out, too") {
  TempDir dir;
  {
    ToyParams params(dir);
    ToyTrainer trainer(params, default_callbacks);
    trainer.train_epoch();
    trainer.finish();
  }
  ToyParams params(dir);
  params.auto_resume = true;
  OtherEval trainer(params, default_callbacks);
  trainer.evaluate = [] { return thexp::Meter(); };
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                 "eval_batch() reports nothing");
  CHECK(trainer.progress().step == 3);
}

TEST_CASE("a misspelt monitor is found before training, with the right name") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.add_callback<EarlyStopping>(
      EarlyStoppingOptions().monitor("eval/los"));
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                 "there is no eval/los (it is watched); did you mean "
                 "eval/loss?");
  CHECK(trainer.progress().step == 0);
}

TEST_CASE("a misspelt checkpoint.best_metric is found before training") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "eval/los";
  ToyTrainer trainer(params, default_callbacks);
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                 "did you mean eval/loss?");
  CHECK(trainer.progress().step == 0);
}

TEST_CASE("a metric that a callback may add is only warned of") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.add_callback<Probe>(thexp::Callback::kObserve).at_eval_end =
      [](thexp::Trainer& at) { at.set_metric("eval/f1", 0.5); };
  auto& stopping = trainer.add_callback<EarlyStopping>(
      EarlyStoppingOptions().monitor("eval/f1"));
  trainer.train();
  CHECK(stopping.best() == 0.5);
  CHECK(trainer.metric("eval/f1") == 0.5);
  std::string log = log_of(trainer);
  CHECK_CONTAINS(log,
                 "there is no eval/f1 (it is watched); there are: "
                 "eval/loss | or does a callback add it?");
  CHECK_CONTAINS(log, "@f1=0.5000");
}

TEST_CASE("a misspelt metric of training is found after the first step") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.add_callback<EarlyStopping>(
      EarlyStoppingOptions().monitor("train/los"));
  CHECK_CONTAINS(message_of<thexp::Error>([&] { trainer.train(); }),
                 "train/los");
  CHECK(trainer.progress().step == 1);
}

// Draws, counts, and changes a buffer in every evaluated batch.
struct Restless : ToyTrainer {
  explicit Restless(ToyParams& params) : ToyTrainer(params, default_callbacks) {
    on_models = [this](ToyTrainer& trainer) {
      norm = trainer.add_model("norm", torch::nn::BatchNorm1d(1));
      trainer.keep("evaluations", evaluations);
    };
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    at::rand({3});
    ++evaluations;
    norm->running_mean.add_(1);
    sanity_checks += is_sanity_check() ? 1 : 0;
    return ToyTrainer::eval_batch(batch);
  }
  torch::nn::BatchNorm1d norm{nullptr};
  int64_t evaluations = 0;
  int sanity_checks = 0;
};

TEST_CASE("trying an evaluation out leaves nothing behind") {
  std::vector<at::Tensor> weights;
  for (int64_t batches : {0, 2}) {
    TempDir dir;
    ToyParams params(dir);
    params.eval_sanity = batches;
    Restless trainer(params);
    trainer.train();
    weights.push_back(trainer.net->weight.detach().clone());
    CHECK(trainer.sanity_checks == batches);
    CHECK(trainer.evaluations == 6);
    CHECK(trainer.norm->running_mean.item<float>() == 6);
  }
  CHECK(weights[0].equal(weights[1]));
}

}  // namespace
