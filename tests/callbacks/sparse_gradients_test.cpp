#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <functional>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/exception_save.h"
#include "thexp/callbacks/gradient_clipping.h"
#include "thexp/callbacks/nan_policy.h"
#include "thexp/callbacks/out_of_memory_report.h"
#include "thexp/trainer/grad_scaler.h"

namespace {

using thexp::GradientClipping;
using thexp::NanPolicy;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;

// Words, some of them twice in a batch, that an embedding scores.
template <typename Optim>
struct Scorer : thexp::Trainer {
  using Make = std::function<Optim(std::vector<at::Tensor>)>;
  Scorer(ToyParams& params, bool sparse, Make make)
      : Trainer(params, nullptr), is_sparse(sparse), make_(std::move(make)) {}

  void models() override {
    embed = add_model("embed",
                      torch::nn::Embedding(
                          torch::nn::EmbeddingOptions(7, 2).sparse(is_sparse)));
    out = add_model("out", torch::nn::Linear(2, 1));
    std::vector<at::Tensor> all = embed->parameters();
    for (const at::Tensor& each : out->parameters()) all.push_back(each);
    optim = add_optimizer("optim", make_(all));
  }
  void datasets() override {
    at::Tensor words = torch::arange(24).remainder(5).reshape({12, 2});
    add_loader(thexp::Phase::kTrain,
               thexp::tensor_dataset({words, words.sum(1, true).div(4.0)}),
               thexp::LoaderOptions().batch_size(2).shuffle(true));
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    auto [words, y] = batch.as<2>();
    at::Tensor output = out->forward(embed->forward(words).sum(1));
    at::Tensor loss = (output - y).square().mean();
    if (at.step == bad) loss = loss * std::nan("");
    optim->zero_grad();
    (scaler ? scaler->scale(loss) : loss).backward();
    CHECK(embed->weight.grad().is_sparse() == is_sparse);
    optim->step();
    if (fails && at.step == 3) throw std::bad_alloc();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  bool is_sparse;
  int64_t bad = -1;
  bool fails = false;
  thexp::GradScaler* scaler = nullptr;
  torch::nn::Embedding embed{nullptr};
  torch::nn::Linear out{nullptr};
  thexp::Optimizer<Optim> optim;

 private:
  Make make_;
};

using SgdScorer = Scorer<torch::optim::SGD>;

torch::optim::SGD sgd(std::vector<at::Tensor> parameters) {
  return torch::optim::SGD(std::move(parameters),
                           torch::optim::SGDOptions(0.1));
}

// A sparse training ends where a dense one does.
void check_same(const std::function<void(SgdScorer&)>& prepare,
                int64_t accumulate = 1) {
  TempDir dir;
  at::Tensor weights[2];
  for (bool sparse : {false, true}) {
    ToyParams params(dir);
    params.accumulate = accumulate;
    SgdScorer trainer(params, sparse, sgd);
    prepare(trainer);
    CHECK(trainer.train().completed);
    weights[sparse] = trainer.embed->weight.detach().clone();
  }
  CHECK(torch::allclose(weights[0], weights[1], 1e-5, 1e-6));
}

TEST_CASE("a sparse gradient is clipped as a dense one") {
  check_same(
      [](SgdScorer& trainer) { trainer.add_callback<GradientClipping>(0.05); });
  check_same([](SgdScorer& trainer) {
    trainer.add_callback<GradientClipping>(0.01, GradientClipping::By::kValue);
  });
}

TEST_CASE("NanPolicy and GradScaler look at sparse gradients") {
  for (auto action : {NanPolicy::Action::kSkip, NanPolicy::Action::kRollBack}) {
    check_same([action](SgdScorer& trainer) {
      trainer.bad = 4;
      trainer.add_callback<NanPolicy>(action);
    });
  }
  check_same([](SgdScorer& trainer) {
    trainer.bad = 4;
    trainer.scaler = &trainer.add_callback<thexp::GradScaler>();
    trainer.add_callback<GradientClipping>(0.05);
  });
}

TEST_CASE("sparse gradients fill an accumulation window") {
  check_same(
      [](SgdScorer& trainer) { trainer.add_callback<GradientClipping>(0.05); },
      4);
}

TEST_CASE("a window of sparse gradients travels in the checkpoint") {
  for (int64_t steps : {1, 2, 3, 8}) {
    TempDir dir;
    at::Tensor weights[2];
    for (bool resumes : {false, true}) {
      ToyParams first(dir), second(dir);
      for (ToyParams* each : {&first, &second}) {
        each->exp_name = resumes ? "resumed" : "whole";
        each->accumulate = 4;
      }
      SgdScorer trainer(first, true, sgd), rest(second, true, sgd);
      for (SgdScorer* each : {&trainer, &rest}) {
        each->add_callback<thexp::ExceptionSave>();
      }
      if (resumes) trainer.train_steps(steps);
      if (!resumes) trainer.train();
      second.resume = "latest";
      if (resumes) {
        trainer.finish();
        rest.train();
      }
      weights[resumes] =
          (resumes ? rest : trainer).embed->weight.detach().clone();
    }
    INFO("after " << steps << " steps");
    CHECK(torch::equal(weights[0], weights[1]));
  }
}

TEST_CASE("Adagrad takes sparse gradients") {
  TempDir dir;
  ToyParams params(dir);
  Scorer<torch::optim::Adagrad> trainer(
      params, true, [](std::vector<at::Tensor> parameters) {
        return torch::optim::Adagrad(std::move(parameters),
                                     torch::optim::AdagradOptions(0.1));
      });
  CHECK(trainer.train().completed);
}

template <typename Optim>
std::string refusal(const typename Scorer<Optim>::Make& make,
                    int64_t accumulate = 1) {
  TempDir dir;
  ToyParams params(dir);
  params.accumulate = accumulate;
  Scorer<Optim> trainer(params, true, make);
  std::string message = message_of<thexp::UsageError>([&] { trainer.train(); });
  CHECK(trainer.progress().step == 0);
  return message;
}

TEST_CASE("an optimizer without sparse updates refuses with a name") {
  for (int64_t accumulate : {1, 3}) {
    CHECK_CONTAINS(refusal<torch::optim::Adam>(
                       [](std::vector<at::Tensor> parameters) {
                         return torch::optim::Adam(std::move(parameters));
                       },
                       accumulate),
                   "optimizer 'optim': the gradient of embed.weight is "
                   "sparse, and Adam knows only dense ones");
  }
  CHECK_CONTAINS(
      refusal<torch::optim::SGD>([](std::vector<at::Tensor> parameters) {
        return torch::optim::SGD(std::move(parameters),
                                 torch::optim::SGDOptions(0.1).momentum(0.9));
      }),
      "no checkpoint could carry SGD's sparse momentum");
  CHECK_CONTAINS(
      refusal<torch::optim::SGD>([](std::vector<at::Tensor> parameters) {
        return torch::optim::SGD(
            std::move(parameters),
            torch::optim::SGDOptions(0.1).weight_decay(0.1));
      }),
      "SGD's weight_decay makes it dense");
}

TEST_CASE("OutOfMemoryReport counts a sparse gradient's elements") {
  TempDir dir;
  ToyParams params(dir);
  SgdScorer trainer(params, true, sgd);
  trainer.fails = true;
  trainer.add_callback<thexp::OutOfMemoryReport>();
  CHECK_THROWS_AS(trainer.train(), std::bad_alloc);
  CHECK_CONTAINS(thexp_test::log_of(trainer), "out of memory | parameters");
}

}  // namespace
