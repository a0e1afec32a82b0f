// The code in docs/callbacks.md.
#include <c10/util/Logging.h>  // before catch.h: both define CHECK
#include <torch/nn.h>
#include <torch/optim.h>

#include "catch.h"
#include "thexp/thexp.h"
#include "thexp/trainer/grad_scaler.h"
#include "toy_trainer.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

struct CarefulTrainer : ToyTrainer {
  explicit CarefulTrainer(ToyParams& params)
      : ToyTrainer(params, thexp::default_callbacks) {}

  // [add]
  void callbacks() override {
    add_callback<thexp::LrSchedule>(
        thexp::Schedule::cosine(0.1, 0.001, 0, 10).warm_up(2));
    add_callback<thexp::EarlyStopping>(
        thexp::EarlyStoppingOptions().monitor("eval/loss").patience(3));
    add_callback<thexp::ModelCheckpoint>("eval/loss");
    add_callback<thexp::Ema>(thexp::EmaOptions().decay(0.99));
    add_callback<thexp::GradientClipping>(1.0);
  }
  // [/add]
};

TEST_CASE("T20 the callbacks of docs/callbacks.md train") {
  TempDir dir;
  ToyParams params(dir);
  CarefulTrainer trainer(params);
  CHECK(trainer.train().completed);
  CHECK(trainer.saver().find_best());
}

struct CautiousTrainer : ToyTrainer {
  explicit CautiousTrainer(ToyParams& params)
      : ToyTrainer(params, thexp::default_callbacks) {}

  // [cautious]
  void callbacks() override {
    // Drops an update whose gradients are not finite; after three, an error.
    add_callback<thexp::NanPolicy>(thexp::NanPolicy::Action::kSkip,
                                   /*max_events=*/3);
    add_callback<thexp::Plateau>(thexp::PlateauOptions()
                                     .monitor("eval/loss")
                                     .mode(thexp::Mode::kMin)
                                     .factor(0.5)
                                     .patience(2)
                                     .min_lr(1e-5));
    add_callback<thexp::GradientClipping>(0.5,
                                          thexp::GradientClipping::By::kValue);
    // In place of the default one: evaluates every fifth epoch, never tests.
    remove_callback(*find_callback<thexp::EvalCallback>());
    add_callback<thexp::EvalCallback>(/*eval_every=*/5, /*test_every=*/0);
  }
  // [/cautious]
};

TEST_CASE("docs/callbacks.md: policies, and another evaluation") {
  TempDir dir;
  ToyParams params(dir);
  CautiousTrainer trainer(params);
  CHECK(trainer.train().completed);
  CHECK(trainer.find_callback<thexp::NanPolicy>()->events() == 0);
}

struct CyclingTrainer : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  // [length]
  void callbacks() override {
    add_callback<thexp::LrSchedule>(
        [](int64_t updates) {
          return thexp::Schedule::one_cycle(
              thexp::OneCycleOptions(0.1, updates));
        },
        thexp::LrScheduleOptions().unit(
            thexp::LrScheduleOptions::Unit::kUpdate));
  }
  // [/length]
};

TEST_CASE("T22 the schedule of docs/callbacks.md ends where training does") {
  TempDir dir;
  ToyParams params(dir);
  CyclingTrainer trainer(params);
  trainer.train();
  CHECK(trainer.optimizer("optim").learning_rates().front() ==
        Approx(0.1 / 25 / 1e4));
}

struct ScaledTrainer : ToyTrainer {
  explicit ScaledTrainer(ToyParams& params) : ToyTrainer(params, nullptr) {}

  // [scaler]
  void callbacks() override { scaler_ = &add_callback<thexp::GradScaler>(); }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [x, y] = batch.as<2>();
    auto loss = (net->forward(x) - y).square().mean();

    optim->zero_grad();
    scaler_->scale(loss).backward();
    optim->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }
  // [/scaler]

  thexp::GradScaler* scaler_ = nullptr;
};

TEST_CASE("the scaled training of docs/callbacks.md is as one without scale") {
  TempDir dir;
  ToyParams params(dir), scaled_params(dir);
  ToyTrainer plain(params);
  ScaledTrainer scaled(scaled_params);
  plain.train();
  scaled.train();
  CHECK(torch::equal(plain.net->weight, scaled.net->weight));
}

TEST_CASE("T18 a callback is added, found and removed from outside") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  // [outside]
  trainer.add_callback<thexp::TimingCheckpoint>(10);
  auto* timing = trainer.find_callback<thexp::TimingCheckpoint>();
  trainer.remove_callback(*timing);
  // [/outside]
  CHECK(trainer.all_callbacks().empty());
}

}  // namespace
