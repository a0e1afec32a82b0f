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

TEST_CASE("an optimizer that steps in every other batch has its own window") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = 1;
  params.accumulate = 2;
  ToyTrainer trainer(params);
  int64_t batches = 0;
  thexp::Optimizer<torch::optim::SGD> rare;
  trainer.on_models = [&](ToyTrainer& toy) {
    rare = toy.add_optimizer("rare",
                             torch::optim::SGD(toy.net->parameters(), 0.0));
  };
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (++batches % 2 == 0) rare->step();
  };
  trainer.train();
  CHECK(trainer.optimizer("rare").updates() == 3);  // 6 steps, 2 an update
  CHECK(trainer.optimizer("optim").updates() == 6);
}

TEST_CASE("zeroing a model's gradients inside a window loses nothing") {
  TempDir dir;
  at::Tensor plain = weights_after(dir, 2, 3);
  at::Tensor zeroed = weights_after(dir, 2, 3, [](ToyTrainer& trainer) {
    trainer.on_train_batch = [&trainer](const thexp::Batch&) {
      trainer.net->zero_grad();
    };
  });
  CHECK(torch::equal(plain, zeroed));
}

TEST_CASE("an open window travels in the checkpoint") {
  TempDir dir;
  ToyParams params(dir), half(dir), rest(dir);
  for (ToyParams* each : {&params, &half, &rest}) {
    each->batch_size = 2;
    each->accumulate = 4;
    each->epoch = 1;
  }
  ToyTrainer whole(params), first(half), second(rest);
  whole.train();
  first.train_steps(2);
  second.load_state(first.state().clone());
  second.train();
  CHECK(torch::equal(whole.net->weight, second.net->weight));
}

}  // namespace
