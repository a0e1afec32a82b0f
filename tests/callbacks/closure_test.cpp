#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>
#include <torch/optim/lbfgs.h>

#include <limits>
#include <memory>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/gradient_clipping.h"
#include "thexp/callbacks/nan_policy.h"
#include "thexp/state/stateful.h"
#include "thexp/trainer/grad_scaler.h"

namespace {

using thexp::GradientClipping;
using thexp::NanPolicy;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

using torch::optim::LBFGS;

torch::optim::LBFGSOptions line_search() {
  return torch::optim::LBFGSOptions(1).max_iter(5).line_search_fn(
      "strong_wolfe");
}

// Fits the toy's examples with step(closure), or with backward() before step().
template <typename Optim>
struct Closed : thexp::Trainer {
  using Make = std::function<Optim(std::vector<at::Tensor>)>;
  Closed(ToyParams& params, Make make)
      : Trainer(params, nullptr), params_(params), make_(std::move(make)) {}

  void models() override {
    net = add_model("net", torch::nn::Linear(2, 1));
    optim = add_optimizer("optim", make_(net->parameters()));
  }
  void datasets() override {
    add_loader(thexp::Phase::kTrain, ToyTrainer::data(),
               thexp::LoaderOptions().batch_size(*params_.batch_size));
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [x, y] = batch.as<2>();
    auto closure = [&, x = x, y = y] {
      ++calls;
      optim->zero_grad();
      at::Tensor loss = (net->forward(x) - y).square().mean();
      if (change_loss) loss = change_loss(loss);
      at::Tensor scaled = scaler ? scaler->scale(loss) : loss;
      scaled.backward();
      return loss;
    };
    thexp::Meter meter;
    if (with_closure) {
      meter["loss"] = optim->step(closure);
    } else {
      meter["loss"] = closure();
      optim->step();
    }
    return meter;
  }

  bool with_closure = true;
  int64_t calls = 0;
  std::function<at::Tensor(const at::Tensor&)> change_loss;
  thexp::GradScaler* scaler = nullptr;
  torch::nn::Linear net{nullptr};
  thexp::Optimizer<Optim> optim;

 private:
  ToyParams& params_;
  Make make_;
};

using ClosedSgd = Closed<torch::optim::SGD>;
using ClosedLbfgs = Closed<LBFGS>;

torch::optim::SGD sgd(std::vector<at::Tensor> parameters) {
  return torch::optim::SGD(std::move(parameters),
                           torch::optim::SGDOptions(0.1).momentum(0.9));
}

LBFGS lbfgs(std::vector<at::Tensor> parameters) {
  return LBFGS(std::move(parameters), line_search());
}

// The weights that both ways lead to.
void check_same(const std::function<void(ClosedSgd&)>& prepare,
                int64_t accumulate = 1) {
  TempDir dir;
  at::Tensor weights[2];
  for (bool with_closure : {false, true}) {
    ToyParams params(dir);
    params.batch_size = 2;
    params.accumulate = accumulate;
    ClosedSgd trainer(params, sgd);
    trainer.with_closure = with_closure;
    prepare(trainer);
    CHECK(trainer.train().completed);
    CHECK(trainer.calls == 12);
    weights[with_closure] = trainer.net->weight.detach().clone();
  }
  CHECK(torch::equal(weights[0], weights[1]));
}

TEST_CASE("clipping sees the gradients that a closure makes") {
  check_same(
      [](ClosedSgd& trainer) { trainer.add_callback<GradientClipping>(0.01); });
}

TEST_CASE("NanPolicy sees the gradients that a closure makes") {
  check_same([](ClosedSgd& trainer) {
    trainer.add_callback<NanPolicy>(NanPolicy::Action::kSkip);
    trainer.change_loss = [&trainer](const at::Tensor& loss) {
      bool bad = trainer.progress().step == 3;
      return bad ? loss * std::nan("") : loss;
    };
  });
}

TEST_CASE("GradScaler divides the gradients that a closure makes") {
  check_same([](ClosedSgd& trainer) {
    trainer.scaler = &trainer.add_callback<thexp::GradScaler>();
    trainer.add_callback<GradientClipping>(0.01);
  });
}

TEST_CASE("a closure in every batch fills an accumulation window") {
  check_same(
      [](ClosedSgd& trainer) {
        trainer.add_callback<GradientClipping>(0.01);
        auto& probe = trainer.add_callback<Probe>();
        probe.at_batch_end = [](thexp::Trainer& at) {
          CHECK(std::isfinite(at.metric("train/loss")));
        };
      },
      4);
}

TEST_CASE("the hooks run after each call of LBFGS's closure") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = 12;
  ClosedLbfgs trainer(params, lbfgs);
  int64_t begins = 0, ends = 0;
  auto& probe = trainer.add_callback<Probe>();
  probe.at_update_begin = [&](thexp::OptimizerSlot& slot) {
    ++begins;
    CHECK(slot.parameters()[0].grad().defined());
  };
  probe.at_update_end = [&](thexp::OptimizerSlot&) { ++ends; };
  trainer.train();
  CHECK(trainer.calls > 2);
  CHECK(begins == trainer.calls);
  CHECK(ends == 1);
  CHECK(trainer.optimizer("optim").updates() == 1);
}

TEST_CASE("LBFGS takes the gradients as clipping leaves them") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = 12;
  ClosedLbfgs trainer(params, [](std::vector<at::Tensor> parameters) {
    return LBFGS(std::move(parameters),
                 torch::optim::LBFGSOptions(1).max_iter(1));
  });
  trainer.setup();
  std::vector<at::Tensor> before;
  for (const at::Tensor& each : trainer.net->parameters()) {
    before.push_back(each.detach().clone());
  }
  trainer.add_callback<GradientClipping>(1e-3);
  trainer.train();
  // The first step is as long as the gradient where that is short.
  at::Tensor moved = torch::stack({(trainer.net->weight - before[0]).norm(),
                                   (trainer.net->bias - before[1]).norm()});
  CHECK(moved.norm().item<float>() <= 1.01e-3f);
}

TEST_CASE("a step that is refused on its way goes back to its beginning") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 3;
  params.batch_size = 12;
  ClosedLbfgs trainer(params, lbfgs);
  trainer.add_callback<NanPolicy>(NanPolicy::Action::kSkip);
  trainer.setup();
  at::Tensor before = trainer.net->weight.detach().clone();
  trainer.change_loss = [&](const at::Tensor& loss) {
    return trainer.calls == 3 ? loss * std::nan("") : loss;
  };
  trainer.train_epoch();
  CHECK(trainer.calls == 3);
  CHECK(torch::equal(trainer.net->weight, before));
  double first = trainer.metric("train/loss");
  CHECK(std::isfinite(first));
  CHECK(trainer.optimizer("optim").updates() == 0);
  trainer.train();  // and goes on well
  CHECK(trainer.optimizer("optim").updates() == 2);
  CHECK(trainer.metric("train/loss") < first);
}

TEST_CASE("an exception in a later call goes back, too") {
  TempDir dir;
  ToyParams params(dir);
  params.batch_size = 12;
  ClosedLbfgs trainer(params, lbfgs);
  trainer.setup();
  at::Tensor before = trainer.net->weight.detach().clone();
  trainer.change_loss = [&](const at::Tensor& loss) {
    if (trainer.calls == 3) throw std::runtime_error("boom");
    return loss;
  };
  CHECK_THROWS_AS(trainer.train(), std::runtime_error);
  CHECK(torch::equal(trainer.net->weight, before));
}

TEST_CASE("LBFGS cannot step on an accumulation window") {
  TempDir dir;
  ToyParams params(dir);
  params.accumulate = 2;
  ClosedLbfgs trainer(params, lbfgs);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "optimizer 'optim' calls its closure several times");
}

// Steps from the mean of the gradients here and a little further.
struct Twice : torch::optim::SGD, thexp::Stateful {
  using SGD::SGD;
  at::Tensor step(LossClosure closure = nullptr) override {
    torch::AutoGradMode with_gradients(true);
    closure();
    return closure();
  }
  thexp::State state() const override {
    return thexp::State(thexp::State::Dict{});
  }
  void load_state(const thexp::State&) override {}
};

TEST_CASE("nor can another optimizer that calls twice") {
  TempDir dir;
  ToyParams params(dir);
  params.accumulate = 2;
  Closed<Twice> trainer(params, [](std::vector<at::Tensor> parameters) {
    return Twice(std::move(parameters), torch::optim::SGDOptions(0.1));
  });
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "use --accumulate=1");
}

}  // namespace
