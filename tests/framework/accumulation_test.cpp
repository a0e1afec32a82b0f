#include "catch.h"
#include "toy_trainer.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// The weights after one epoch over the twelve examples in order.
at::Tensor weights_after(const TempDir& dir,
                         int64_t batch_size,
                         int64_t accumulate,
                         std::function<void(ToyTrainer&)> prepare = nullptr) {
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = batch_size;
  params.accumulate = accumulate;
  params.overfit_batches = 12 / batch_size + (12 % batch_size != 0);
  ToyTrainer trainer(params);
  if (prepare) prepare(trainer);
  trainer.train();
  return trainer.net->weight.detach().clone();
}

TEST_CASE("accumulation equals the large batch") {
  TempDir dir;
  CHECK(torch::allclose(weights_after(dir, 2, 3), weights_after(dir, 6, 1),
                        1e-6, 1e-7));
  CHECK_FALSE(torch::allclose(weights_after(dir, 2, 1),
                              weights_after(dir, 6, 1), 1e-6, 1e-7));
}

TEST_CASE("a last window of fewer and shorter batches counts by examples") {
  TempDir dir;
  // 5 + 5 + 2 examples in one window, and as one batch.
  CHECK(torch::allclose(weights_after(dir, 5, 3), weights_after(dir, 12, 1),
                        1e-6, 1e-7));
  // Windows 5 + 5 and 2: the second update is of two examples alone.
  at::Tensor uneven = weights_after(dir, 5, 2);
  CHECK_FALSE(torch::allclose(uneven, weights_after(dir, 12, 1), 1e-6, 1e-7));
}

TEST_CASE("updates are counted once a window") {
  TempDir dir;
  int64_t updates = 0;
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = 2;
  params.accumulate = 4;
  ToyTrainer trainer(params);
  trainer.train();
  updates = trainer.optimizer("optim").updates();
  CHECK(updates == 2);  // batches 1-4 and 5-6
}

TEST_CASE("stopping an epoch inside a window loses no gradient") {
  struct StopAtThree : thexp::Callback {
    void on_batch_end(thexp::Trainer& trainer,
                      const thexp::Batch&,
                      const thexp::Meter&) override {
      if (trainer.progress().batch == 3) trainer.stop_epoch();
    }
  };
  TempDir dir;
  at::Tensor stopped = weights_after(dir, 2, 6, [](ToyTrainer& trainer) {
    trainer.add_callback<StopAtThree>();
  });
  struct StopAtOne : thexp::Callback {
    void on_batch_end(thexp::Trainer& trainer,
                      const thexp::Batch&,
                      const thexp::Meter&) override {
      trainer.stop_epoch();
    }
  };
  at::Tensor six = weights_after(dir, 6, 1, [](ToyTrainer& trainer) {
    trainer.add_callback<StopAtOne>();
  });
  CHECK(torch::allclose(stopped, six, 1e-6, 1e-7));
}

TEST_CASE("two updates of one optimizer in a batch exclude accumulation") {
  TempDir dir;
  ToyParams params(dir);
  params.accumulate = 2;
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) { trainer.optim->step(); };
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { trainer.train(); }),
      "'optim' steps twice in one batch");
}

}  // namespace
