// Callbacks of your own: one that watches, one that decides and keeps state.
#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include "thexp/thexp.h"

// [weight_norm]
// Adds the norm of all weights to the metrics after every epoch.
class WeightNorm : public thexp::Callback {
 public:
  void on_epoch_end(thexp::Trainer& trainer) override {
    double squares = 0;
    for (const auto& [name, model] : trainer.named_models()) {
      for (const auto& parameter : model->parameters()) {
        squares += parameter.detach().square().sum().item<double>();
      }
    }
    trainer.record("weight_norm", std::sqrt(squares));
    trainer.logger().info("weight norm", std::sqrt(squares));
  }
};
// [/weight_norm]

// [stop_when_good]
// Ends training when a metric was good enough several epochs in a row. The
// count is in every checkpoint, since it is kept.
class StopWhenGood : public thexp::Callback {
 public:
  StopWhenGood(std::string metric, double enough, int64_t times)
      : metric_(std::move(metric)), enough_(enough), times_(times) {
    keep("seen", seen_);
  }

  int priority() const override { return kMonitor; }

  void on_epoch_end(thexp::Trainer& trainer) override {
    auto value = trainer.fresh_metric(metric_);
    if (!value) return;  // this epoch was not evaluated
    seen_ = *value <= enough_ ? seen_ + 1 : 0;
    if (seen_ >= times_) trainer.stop_train(metric_ + " is good enough");
  }

 private:
  std::string metric_;
  double enough_;
  int64_t times_;
  int64_t seen_ = 0;
};
// [/stop_when_good]

class LineTrainer : public thexp::Trainer {
 public:
  using Trainer::Trainer;

 protected:
  void callbacks() override {
    add_callback<WeightNorm>();
    add_callback<StopWhenGood>("eval/loss", 0.02, 2);
  }

  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    optim_ =
        add_optimizer("optim", torch::optim::SGD(net_->parameters(), 0.05));
  }

  void datasets() override {
    auto x = torch::linspace(-1, 1, 64).unsqueeze(1);
    auto y = 3 * x - 1 + 0.1 * torch::randn_like(x);
    auto data = thexp::tensor_dataset({x, y});
    add_loader(thexp::Phase::kTrain, data,
               thexp::LoaderOptions().batch_size(8).shuffle(true));
    add_loader(thexp::Phase::kEval, data);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto loss = loss_of(batch);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
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
    return torch::nn::functional::mse_loss(net_->forward(x), y);
  }

  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) { return thexp::run<LineTrainer>(argc, argv); }
