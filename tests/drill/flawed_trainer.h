#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "test_device.h"
#include "thexp/callbacks/nan_policy.h"
#include "thexp/program/run_program.h"
#include "thexp/trainer/trainer.h"

namespace thexp_test {

struct FlawParams : thexp::TrainerParams {
  FlawParams() {
    threads = 1;
    device = test_device();
  }
  thexp::Param<std::string> flaw{this, "flaw", "none", "what is wrong"};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate"};
};

/// Examples that change with each look at them.
struct RestlessData : thexp::TensorDataset {
  using TensorDataset::TensorDataset;
  void get_into(at::IntArrayRef indices,
                thexp::TensorPool& pool,
                thexp::Batch& out) const override {
    TensorDataset::get_into(indices, pool, out);
    out.set(0, out[0] + 1e-3 * ++looks);
  }
  static inline std::atomic<int> looks{0};
};

/// A callback that forgets, in every checkpoint, how far it is.
struct ForgetfulCallback : thexp::Callback {
  int64_t steps = 0;
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    ++steps;
    trainer.optimizers().at(0)->set_learning_rates({0.05 / (1 + steps)});
  }
};

/// Gives back another state than it was given.
struct LossyCallback : thexp::Callback {
  int64_t value = 3;
  thexp::State state() const override {
    return thexp::State(thexp::State::Dict{{"value", value}});
  }
  void load_state(const thexp::State&) override {}
  void on_batch_end(thexp::Trainer&,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    ++value;
  }
};

/// As EvalCallback does.
struct AtEpochEnd : thexp::Callback {
  int priority() const override { return kEvaluate; }
  void on_epoch_end(thexp::Trainer& trainer) override { trainer.eval(); }
};

/// Fits y = x · w, with one flaw or none.
class FlawedTrainer : public thexp::Trainer {
 public:
  explicit FlawedTrainer(FlawParams& params)
      : Trainer(params, nullptr), params_(params) {}

 protected:
  bool has(const char* flaw) const { return *params_.flaw == flaw; }

  void callbacks() override {
    add_callback<AtEpochEnd>();
    if (has("batch_counter")) add_callback<ForgetfulCallback>();
    if (has("callback")) add_callback<LossyCallback>();
    if (has("nan_policy") || has("nan_norm")) {
      add_callback<thexp::NanPolicy>(thexp::NanPolicy::Action::kSkip);
    }
  }

  void models() override {
    net_ = add_model("net", torch::nn::Linear(3, 1));
    head_ = torch::nn::Linear(1, 1);
    if (has("nan_norm")) norm_ = add_model("norm", torch::nn::BatchNorm1d(3));
    if (!has("unregistered")) add_model("head", head_);
    std::vector<at::Tensor> trained = net_->parameters();
    auto train = [&trained](const torch::nn::Module& module) {
      for (const at::Tensor& each : module.parameters()) {
        trained.push_back(each);
      }
    };
    if (norm_) train(*norm_);
    if (!has("forgotten")) train(*head_);
    if (has("sparse")) {
      words_ = add_model(
          "words",
          torch::nn::Embedding(torch::nn::EmbeddingOptions(2, 1).sparse(true)));
      train(*words_);
    }
    if (has("unused")) train(*add_model("spare", torch::nn::Linear(2, 2)));
    optim_ = add_optimizer(
        "optim", torch::optim::SGD(trained, has("lr_0") ? 0.0 : *params_.lr));
    if (has("kept")) keep("factor", factor_);
  }

  void datasets() override {
    auto x = torch::linspace(-1, 1, 72).reshape({24, 3});
    auto y = x.mv(torch::tensor({1.0f, -2.0f, 3.0f})).unsqueeze(1) + 1;
    std::vector<at::Tensor> tensors = {x, y};
    auto data = has("random_data")
                    ? std::make_shared<RestlessData>(tensors)
                    : std::make_shared<thexp::TensorDataset>(tensors);
    if (has("no_data")) {
      auto same = thexp::tensor_dataset({at::ones({24, 3}), at::ones({24, 1})});
      add_loader(thexp::Phase::kTrain, same,
                 thexp::LoaderOptions().batch_size(4).shuffle(true));
      return;
    }
    add_loader(
        thexp::Phase::kTrain, data,
        thexp::LoaderOptions().batch_size(4).shuffle(!has("no_shuffle")));
    add_loader(thexp::Phase::kEval, data, thexp::LoaderOptions().batch_size(8));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    misbehave(at.step);
    at::Tensor loss = loss_of(batch);
    if (has("counter") || has("kept")) loss = loss * (factor_ *= 0.9);
    if (has("std_rand")) loss = loss * (1 + 0.1 * (std::rand() % 10));
    if (has("stops_at_nan") && std::isnan(loss.item().toDouble())) {
      throw std::runtime_error("the loss is nan in step 3");
    }
    if (has("warns_of_nan") && std::isnan(loss.item().toDouble())) {
      logger().warn("the loss is nan");
    }
    learn(loss);
    thexp::Meter meter;
    if (has("other_name") || has("no_loss")) {
      meter["acc"] = 0.5;
      meter["lr"] = 1.0 / (1 + at.step);
      if (has("other_name")) meter["nll"] = loss;
      return meter;
    }
    meter["loss"] = has("hidden_nan") ? loss.detach().nan_to_num() : loss;
    if (has("clock")) meter["ticks"] = ticks();
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    if (has("eval_trains")) {
      at::AutoGradMode with_gradients(true);
      learn(loss_of(batch));
    }
    thexp::Meter meter;
    meter["loss"] = loss_of(batch);
    if (has("eval_random")) meter["loss"] = loss_of(batch) + std::rand();
    return meter;
  }

 private:
  at::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    if (norm_) x = norm_->forward(x);
    at::Tensor output = head_->forward(net_->forward(x));
    if (words_) {
      output = output + words_->forward(torch::zeros({x.size(0)}, at::kLong));
    }
    return (output - y).square().mean();
  }

  void learn(at::Tensor loss) {
    if (has("detached")) loss = loss.detach();
    if (!has("no_zero_grad")) optim_->zero_grad();
    if (loss.requires_grad()) loss.backward();
    optim_->step();
  }

  void misbehave(int64_t step) {
    if (has("left_in_eval") && step == 5) net_->eval();
    if (has("throws")) throw std::runtime_error("no such pixel");
    if (has("crash") && step == 1) std::abort();
    while (has("hang") && step == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  static int64_t ticks() {
    static std::atomic<int64_t> count{0};
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return now.count() + ++count;
  }

  FlawParams& params_;
  torch::nn::Linear net_{nullptr};
  torch::nn::Linear head_{nullptr};
  torch::nn::BatchNorm1d norm_{nullptr};
  torch::nn::Embedding words_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
  double factor_ = 1;
};

}  // namespace thexp_test
