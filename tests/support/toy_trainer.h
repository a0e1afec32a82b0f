#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "temp_dir.h"
#include "test_device.h"
#include "thexp/trainer/trainer.h"

namespace thexp_test {

/// Parameters of a trainer that works in a folder of its own.
struct ToyParams : thexp::TrainerParams {
  explicit ToyParams(const TempDir& dir) {
    workspace = dir.path().string();
    exp_name = "toy";
    epoch = 2;
    threads = 1;
    device = test_device();
    log_console = false;
  }
  thexp::Param<double> lr{this, "optim.lr", 0.1, "learning rate"};
  thexp::Param<int64_t> batch_size{this, "batch_size", 4, "examples a step"};
};

/// Fits y = x · w on twelve fixed examples; every piece can be replaced.
/// Quiet: it writes nothing to the terminal.
class ToyTrainer : public thexp::Trainer {
 public:
  explicit ToyTrainer(ToyParams& params, CallbackSetup setup = nullptr)
      : Trainer(params, setup), params_(params) {}

  torch::nn::Linear net{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim;
  std::function<void(ToyTrainer&)> on_models;
  std::function<void(const thexp::Batch&)> on_train_batch;
  std::function<at::Tensor(const at::Tensor&)> change_train_loss;
  std::function<at::Tensor(const at::Tensor&)> change_eval_loss;
  bool with_eval = true;
  bool with_test = false;
  bool with_predict = false;

  using Trainer::add_loader;
  using Trainer::add_model;
  using Trainer::add_optimizer;
  using Trainer::keep;

  static std::shared_ptr<thexp::Dataset> data() {
    auto x = torch::arange(24, torch::kFloat).reshape({12, 2}) / 24;
    auto y = x.mv(torch::tensor({1.0f, -2.0f})).unsqueeze(1);
    return thexp::tensor_dataset({x, y});
  }

 protected:
  void models() override {
    net = add_model("net", torch::nn::Linear(2, 1));
    optim = add_optimizer("optim",
                          torch::optim::SGD(net->parameters(), *params_.lr));
    if (on_models) on_models(*this);
  }

  void datasets() override {
    thexp::LoaderOptions options;
    options.batch_size(*params_.batch_size);
    add_loader(thexp::Phase::kTrain, data(),
               thexp::LoaderOptions(options).shuffle(true));
    if (with_eval) add_loader(thexp::Phase::kEval, data(), options);
    if (with_test) add_loader(thexp::Phase::kTest, data(), options);
    if (with_predict) add_loader(thexp::Phase::kPredict, data(), options);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    if (on_train_batch) on_train_batch(batch);
    at::Tensor loss = loss_of(batch);
    if (change_train_loss) loss = change_train_loss(loss);
    optim->zero_grad();
    loss.backward();
    optim->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    at::Tensor loss = loss_of(batch);
    thexp::Meter meter;
    bool changes = change_eval_loss && !is_sanity_check();
    meter["loss"] = changes ? change_eval_loss(loss) : loss;
    return meter;
  }

  at::Tensor predict_batch(const thexp::Batch& batch) override {
    return net->forward(batch[0]);
  }

 private:
  at::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return (net->forward(x) - y).square().mean();
  }

  ToyParams& params_;
};

}  // namespace thexp_test
