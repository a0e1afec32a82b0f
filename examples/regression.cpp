// The programs of pytorch/examples that are only a loop, as trainers: a
// polynomial, fitted with SGD or with an update written by hand.
#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include "thexp/thexp.h"

struct PolynomialParams : thexp::TrainerParams {
  thexp::Param<int64_t> degree{this, "degree", 4, "of the polynomial",
                               thexp::between(1, 8)};
  thexp::Param<bool> manual{this, "manual", false,
                            "update by hand instead of with an optimizer"};
  thexp::Param<double> lr{this, "optim.lr", 0.1, "learning rate",
                          thexp::at_least(0.0)};
};

// y = w · (x, x², …) + b, from examples that are made anew in every batch.
class PolynomialTrainer : public thexp::Trainer {
 public:
  explicit PolynomialTrainer(PolynomialParams& params)
      : Trainer(params), params_(params) {}

 protected:
  void models() override {
    net_ = add_model("net", torch::nn::Linear(*params_.degree, 1));
    target_ = torch::randn({*params_.degree, 1});
    if (!*params_.manual) {
      optim_ = add_optimizer(
          "optim", torch::optim::SGD(net_->parameters(), *params_.lr));
    }
  }

  void datasets() override {
    auto x = torch::rand({2048}) * 2 - 1;
    std::vector<torch::Tensor> powers;
    for (int64_t i = 1; i <= *params_.degree; ++i) powers.push_back(x.pow(i));
    auto features = torch::stack(powers, 1);
    auto y = features.mm(target_) + 0.5;
    auto data = thexp::tensor_dataset({features, y});
    auto [train, eval] = thexp::split(data, 0.25, *params_.seed);
    add_loader(thexp::Phase::kTrain, train,
               thexp::LoaderOptions().batch_size(32).shuffle(true));
    add_loader(thexp::Phase::kEval, eval,
               thexp::LoaderOptions().batch_size(512));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto loss = loss_of(batch);
    if (*params_.manual) {
      net_->zero_grad();
      loss.backward();
      torch::NoGradGuard no_grad;
      for (auto& parameter : net_->parameters()) {
        parameter.sub_(*params_.lr * parameter.grad());
      }
    } else {
      optim_->zero_grad();
      loss.backward();
      optim_->step();
    }
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    thexp::Meter meter;
    meter["loss"] = loss_of(batch);
    return meter;
  }

 private:
  torch::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return torch::nn::functional::smooth_l1_loss(net_->forward(x), y);
  }

  PolynomialParams& params_;
  torch::Tensor target_;
  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<PolynomialTrainer, PolynomialParams>(argc, argv);
}
