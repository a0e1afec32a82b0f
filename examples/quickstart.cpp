// Learns which points lie inside of a circle. Try --help, or --optim.lr=0.03.
#include "thexp/thexp.h"

namespace nn = torch::nn;

struct CircleParams : thexp::TrainerParams {
  thexp::Param<double> lr{this, "optim.lr", 0.01, "learning rate"};
};

class CircleTrainer : public thexp::Trainer {
 public:
  explicit CircleTrainer(CircleParams& params)
      : Trainer(params), params_(params) {}

 protected:
  void models() override {
    net_ = add_model("net", nn::Sequential(nn::Linear(2, 32), nn::Tanh(),
                                           nn::Linear(32, 2)));
    optim_ = add_optimizer("optim",
                           torch::optim::Adam(net_->parameters(), *params_.lr));
  }
  void datasets() override {
    auto points = torch::randn({2000, 2});
    auto inside = (points.square().sum(1) < 1).to(torch::kLong);
    std::vector<torch::Tensor> tensors = {points, inside};
    auto [train, eval] = thexp::split(
        std::make_shared<thexp::TensorDataset>(tensors), 0.2, params_.seed);
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
    auto logits = net_->forward(points);
    loss_ = nn::functional::cross_entropy(logits, inside);
    thexp::Meter meter;
    meter["loss"] = loss_;
    meter.percent("acc") = thexp::accuracy(logits, inside);
    return meter;
  }

 private:
  CircleParams& params_;
  nn::Sequential net_{nullptr};
  torch::Tensor loss_;
  thexp::Optimizer<torch::optim::Adam> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<CircleTrainer, CircleParams>(argc, argv);
}
