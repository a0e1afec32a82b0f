// A user's program: fits y = 3x - 1.
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include "thexp/thexp.h"

struct LineParams : thexp::TrainerParams {
  thexp::Param<double> lr{this, "optim.lr", 0.1, "learning rate"};
};

class LineTrainer : public thexp::Trainer {
 public:
  explicit LineTrainer(LineParams& params) : Trainer(params), params_(params) {}

 protected:
  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    optim_ = add_optimizer("optim",
                           torch::optim::SGD(net_->parameters(), *params_.lr));
  }

  void datasets() override {
    auto x = torch::linspace(-1, 1, 64).unsqueeze(1);
    auto points = thexp::tensor_dataset({x, 3 * x - 1});
    add_loader(thexp::Phase::kTrain, points,
               thexp::LoaderOptions().batch_size(8).shuffle(true));
    add_loader(thexp::Phase::kEval, points);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto loss = loss_of(batch);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    return report(loss);
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    return report(loss_of(batch));
  }

 private:
  at::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return (net_->forward(x) - y).square().mean();
  }

  static thexp::Meter report(const at::Tensor& loss) {
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  LineParams& params_;
  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<LineTrainer, LineParams>(argc, argv);
}
