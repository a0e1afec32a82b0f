// An installed thexp, all of it: a program that fits y = 3x - 1.
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include "thexp/thexp.h"

class LineTrainer : public thexp::Trainer {
 public:
  using Trainer::Trainer;

 protected:
  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    optim_ = add_optimizer("optim", torch::optim::SGD(net_->parameters(), 0.1));
  }

  void datasets() override {
    auto x = torch::linspace(-1, 1, 64).unsqueeze(1);
    add_loader(thexp::Phase::kTrain, thexp::tensor_dataset({x, 3 * x - 1}),
               thexp::LoaderOptions().batch_size(8).shuffle(true));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [x, y] = batch.as<2>();
    auto loss = (net_->forward(x) - y).square().mean();
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

 private:
  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) { return thexp::run<LineTrainer>(argc, argv); }
