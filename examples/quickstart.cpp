// Learns which points lie inside of a circle. Try --help, or --optim.lr=0.03.
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include "thexp/thexp.h"

struct CircleParams : thexp::TrainerParams {
  thexp::Param<double> lr{this, "optim.lr", 0.01, "learning rate"};
};

struct CircleNet : torch::nn::Module {
  torch::nn::Linear in = register_module("in", torch::nn::Linear(2, 32));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(32, 2));
};

struct CircleTrainer : thexp::Trainer {
  explicit CircleTrainer(CircleParams& p) : Trainer(p), params_(p) {}

  void models() override {
    net_ = add_model("net", std::make_shared<CircleNet>());
    optim_ = add_optimizer("optim",
                           torch::optim::Adam(net_->parameters(), *params_.lr));
  }
  void datasets() override {
    auto points = torch::randn({2000, 2});
    auto inside = (points.square().sum(1) < 1).to(torch::kLong);
    auto [train, eval] = thexp::split(thexp::tensor_dataset({points, inside}),
                                      0.2, params_.seed);
    add_loader(thexp::Phase::kTrain, train,
               thexp::LoaderOptions().batch_size(50).shuffle(true));
    add_loader(thexp::Phase::kEval, eval);
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    thexp::Meter meter = eval_batch(batch);
    optim_->zero_grad();
    loss_.backward();
    optim_->step();
    return meter;
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto [points, inside] = batch.as<2>();
    auto logits = net_->out(torch::tanh(net_->in(points)));
    loss_ = torch::cross_entropy_loss(logits, inside);
    thexp::Meter meter;
    meter["loss"] = loss_;
    meter.percent("acc") = thexp::accuracy(logits, inside);
    return meter;
  }

  CircleParams& params_;
  std::shared_ptr<CircleNet> net_;
  torch::Tensor loss_;
  thexp::Optimizer<torch::optim::Adam> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<CircleTrainer, CircleParams>(argc, argv);
}
