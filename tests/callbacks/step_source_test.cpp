#include "thexp/data/step_source.h"

#include "catch.h"
#include "thexp/base/error.h"
#include "toy_trainer.h"

namespace {

using thexp::StepSource;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Fits a fixed batch that is no data set.
struct Fit : ToyTrainer {
  Fit(ToyParams& params,
      std::optional<int64_t> steps,
      CallbackSetup setup = nullptr)
      : ToyTrainer(params, setup), steps_(steps) {}
  void datasets() override {
    add_loader(thexp::Phase::kTrain, std::make_shared<StepSource>(steps_));
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    CHECK(batch.tensors() == 0);
    auto whole = data()->get({0, 1, 2, 3});
    return ToyTrainer::train_batch(whole, at);
  }

 private:
  std::optional<int64_t> steps_;
};

TEST_CASE("steps without data train, and count no examples") {
  TempDir dir;
  ToyParams params(dir);
  Fit trainer(params, 5, thexp::default_callbacks);
  trainer.train();
  CHECK(trainer.progress().step == 10);
  CHECK(trainer.progress().examples == 0);
  CHECK(trainer.train_meter().count("loss") == 5);
  trainer.logger().flush();
  std::string log = thexp::read_file(trainer.active_run().console_log());
  CHECK_CONTAINS(log, "| train data | no data set, 5 steps an epoch\n");
  CHECK_FALSE(thexp_test::contains(log, "no eval data"));
}

TEST_CASE("gradients of steps without data accumulate evenly") {
  TempDir dir;
  ToyParams params(dir);
  params.accumulate = 2;
  Fit trainer(params, 4);
  trainer.train();
  CHECK(trainer.net->weight.isfinite().all().item<bool>());
  ToyParams single(dir);
  single.epoch = 1;
  Fit once(single, 4);
  once.train();
  CHECK(trainer.net->weight.allclose(once.net->weight));
}

TEST_CASE("steps without an end are trained by steps") {
  TempDir dir;
  ToyParams params(dir);
  params.set("steps", 7, "--steps");
  Fit trainer(params, std::nullopt);
  trainer.train();
  CHECK(trainer.progress().step == 7);
  CHECK_THROWS_AS(StepSource(-1), thexp::UsageError);
  CHECK_THROWS_AS(StepSource(3).stream(-1), thexp::UsageError);
}

}  // namespace
