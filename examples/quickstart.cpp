// Learns which points lie inside a circle. Try --help, or --optim.lr=0.03.
// [program]
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include "thexp/thexp.h"

struct CircleParams : thexp::TrainerParams {
  thexp::Param<int64_t> batch_size{this, "batch_size", 50, "examples per step",
                                   thexp::at_least(1)};
  thexp::Param<double> lr{this, "optim.lr", 0.01, "learning rate",
                          thexp::between(0.0, 1.0)};
};

struct CircleNet : torch::nn::Module {
  torch::Tensor forward(torch::Tensor x) { return out(torch::tanh(in(x))); }
  torch::nn::Linear in = register_module("in", torch::nn::Linear(2, 32));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(32, 2));
};

class CircleTrainer : public thexp::Trainer {
 public:
  explicit CircleTrainer(CircleParams& p) : Trainer(p), params_(p) {}

 protected:
  void models() override {
    net_ = add_model("net", std::make_shared<CircleNet>());
    optim_ = add_optimizer("optim",
                           torch::optim::Adam(net_->parameters(), *params_.lr));
  }

  void datasets() override {
    auto points = torch::randn({2000, 2});
    auto inside = (points.square().sum(1) < 1).to(torch::kLong);
    auto [train, eval] = thexp::split(thexp::tensor_dataset({points, inside}),
                                      0.2, *params_.seed);
    add_loader(
        thexp::Phase::kTrain, train,
        thexp::LoaderOptions().batch_size(*params_.batch_size).shuffle(true));
    add_loader(thexp::Phase::kEval, eval);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [points, inside] = batch.as<2>();
    auto logits = net_->forward(points);
    auto loss = torch::cross_entropy_loss(logits, inside);

    optim_->zero_grad();
    loss.backward();
    optim_->step();

    thexp::Meter meter;
    meter["loss"] = loss;
    meter.percent("acc") = thexp::accuracy(logits, inside);
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto [points, inside] = batch.as<2>();
    auto logits = net_->forward(points);
    thexp::Meter meter;
    meter["loss"] = torch::cross_entropy_loss(logits, inside);
    meter.percent("acc") = thexp::accuracy(logits, inside);
    return meter;
  }

 private:
  CircleParams& params_;
  std::shared_ptr<CircleNet> net_;
  thexp::Optimizer<torch::optim::Adam> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<CircleTrainer, CircleParams>(argc, argv);
}
// [/program]
