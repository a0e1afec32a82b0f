#include <torch/nn/modules/batchnorm.h>

#include "catch.h"
#include "thexp/base/file.h"
#include "toy_trainer.h"

namespace {

using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A head that is trained from the third epoch on, with a group of its own.
struct Grows : ToyTrainer {
  explicit Grows(ToyParams& params, bool tells = true)
      : ToyTrainer(params), tells(tells) {}

  void models() override {
    if (tells) keep("grown", grown);
    ToyTrainer::models();
    head = add_model("head", torch::nn::Linear(1, 1));
    if (grown) grow();
  }
  void grow() {
    optim->add_param_group(
        {head->parameters(), std::make_unique<torch::optim::SGDOptions>(0.02)});
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    if (at.epoch == 2 && !grown) {
      grow();
      grown = true;
    }
    auto [x, y] = batch.as<2>();
    at::Tensor loss = (head->forward(net->forward(x)) - y).square().mean();
    optim->zero_grad();
    loss.backward();
    optim->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  bool tells;
  bool grown = false;
  torch::nn::Linear head{nullptr};
};

std::string log_of(thexp::Trainer& trainer) {
  trainer.logger().flush();
  return thexp::read_file(trainer.active_run().console_log());
}

constexpr const char* kWarning = "models or optimizers have changed since";

TEST_CASE("a group added in training resumes where a kept flag makes it") {
  TempDir dir;
  ToyParams all(dir);
  all.epoch = 5;
  all.exp_name = "whole";
  Grows whole(all);
  whole.train();
  CHECK_FALSE(thexp_test::contains(log_of(whole), kWarning));
  for (int64_t steps : {4, 6, 7, 9, 11}) {
    INFO("after step " << steps);
    TempDir part;
    ToyParams half(part), rest(part);
    half.epoch = 5;
    rest.epoch = 5;
    rest.resume = "latest";
    {
      Grows first(half);
      first.train_steps(steps);
    }
    Grows second(rest);
    second.train();
    CHECK(second.progress().step == 15);
    CHECK(torch::equal(whole.net->weight, second.net->weight));
    CHECK(torch::equal(whole.head->weight, second.head->weight));
    CHECK_FALSE(thexp_test::contains(log_of(second), kWarning));
  }
}

TEST_CASE("without a flag the first save warns, once") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 5;
  Grows trainer(params, /*tells=*/false);
  trainer.train_steps(6);
  CHECK_FALSE(thexp_test::contains(log_of(trainer), kWarning));
  trainer.train();
  std::string log = log_of(trainer);
  CHECK_CONTAINS(log, kWarning);
  CHECK_CONTAINS(log,
                 "optimizer 'optim' had 1 parameter group of 2, now 2 "
                 "parameter groups of 2 and 2");
  std::size_t first = log.find(kWarning);
  CHECK(log.find(kWarning, first + 1) == std::string::npos);
}

TEST_CASE("a rate given anew counts in a group that was there from the start") {
  TempDir dir;
  ToyParams half(dir), rest(dir);
  half.epoch = 5;
  rest.epoch = 5;
  {
    Grows first(half);
    first.train_steps(9);
  }
  rest.lr = 0.05;
  rest.resume = "latest";
  rest.allow = "params";
  Grows second(rest);
  second.setup();
  CHECK(second.optimizer("optim").learning_rates() ==
        std::vector<double>{0.05, 0.02});
}

// The log after a training in whose second batch `change` is done.
std::string log_after(const std::function<void(ToyTrainer&)>& change) {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == 1) change(trainer);
  };
  trainer.train();
  return log_of(trainer);
}

TEST_CASE("whatever else changes the structure is told at the first save") {
  CHECK_FALSE(thexp_test::contains(log_after([](ToyTrainer&) {}), kWarning));
  CHECK_CONTAINS(log_after([](ToyTrainer& toy) {
                   toy.net->register_module("norm", torch::nn::BatchNorm1d(2));
                 }),
                 "buffer 'norm.num_batches_tracked' of model 'net' is new");
  CHECK_CONTAINS(log_after([](ToyTrainer& toy) {
                   toy.add_model("late", torch::nn::Linear(1, 1));
                 }),
                 "parameter 'bias' of model 'late' is new");
  CHECK_CONTAINS(log_after([](ToyTrainer& toy) {
                   toy.add_optimizer(
                       "late", torch::optim::SGD(toy.net->parameters(), 0.1));
                 }),
                 "optimizer 'late' is new");
  CHECK_CONTAINS(log_after([](ToyTrainer& toy) {
                   toy.net->register_buffer("queue", torch::zeros({2}));
                 }),
                 "buffer 'queue' of model 'net' is new");
}

// Its layer is another one from the second batch on.
struct HolderImpl : torch::nn::Module {
  torch::nn::Linear layer = register_module("layer", torch::nn::Linear(2, 1));
};

TEST_CASE("a parameter that was replaced is told, too") {
  auto holder = std::make_shared<HolderImpl>();
  std::string log = [&] {
    TempDir dir;
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.on_models = [&](ToyTrainer& toy) {
      toy.add_model("holder", holder);
    };
    trainer.on_train_batch = [&](const thexp::Batch&) {
      if (trainer.progress().step != 1) return;
      holder->replace_module("layer", torch::nn::Linear(2, 1));
    };
    trainer.train();
    return log_of(trainer);
  }();
  CHECK_CONTAINS(log, "parameter 'layer.bias' of model 'holder' was replaced");
}

TEST_CASE("a kept value is there as soon as it is kept") {
  TempDir dir;
  ToyParams half(dir), rest(dir);
  int64_t count = 0, seen = -1;
  {
    ToyTrainer first(half);
    first.on_models = [&](ToyTrainer& toy) { toy.keep("count", count); };
    first.on_train_batch = [&](const thexp::Batch&) { ++count; };
    first.train_steps(2);
  }
  count = 0;
  rest.resume = "latest";
  ToyTrainer second(rest);
  second.on_models = [&](ToyTrainer& toy) {
    toy.keep("count", count);
    seen = count;
  };
  second.setup();
  CHECK(seen == 2);
}

}  // namespace
