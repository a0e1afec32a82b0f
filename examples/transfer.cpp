// Transfer learning, after the C++ program of pytorch/examples: a backbone is
// trained on digits 0-4 and saved; then it is frozen, and only a new head
// learns digits 5-9.
#include <torch/nn.h>
#include <torch/optim/sgd.h>

#include "digits.h"
#include "thexp/thexp.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

struct TransferParams : thexp::TrainerParams {
  thexp::Param<thexp::fs::path> backbone{
      this, "backbone", "",
      "a backbone's .pt file to freeze; empty = train one"};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::at_least(0.0)};
};

class TransferTrainer : public thexp::Trainer {
 public:
  explicit TransferTrainer(TransferParams& params)
      : Trainer(params), params_(params) {}

 protected:
  void models() override {
    backbone_ = add_model(
        "backbone", nn::Sequential(nn::Linear(784, 64), nn::BatchNorm1d(64),
                                   nn::ReLU(), nn::Dropout(0.1)));
    head_ = add_model("head", nn::Linear(64, 5));
    if (frozen()) {
      thexp::load_module_state(*backbone_, thexp::load_pt(*params_.backbone));
      for (auto& parameter : backbone_->parameters()) {
        parameter.requires_grad_(false);
      }
      backbone_->eval();  // stays so: evaluation restores each module's mode
    }
    auto trained = head_->parameters();
    if (!frozen()) {
      for (const auto& p : backbone_->parameters()) trained.push_back(p);
    }
    optim_ = add_optimizer("optim", torch::optim::SGD(trained, *params_.lr));
  }

  void datasets() override {
    auto all = examples::draw_digits(3000, 1);
    std::vector<int64_t> chosen;
    for (int64_t i = 0; i < all->size(); ++i) {
      if ((i % 10 >= 5) == frozen()) chosen.push_back(i);
    }
    auto [train, eval] = thexp::split(
        std::make_shared<thexp::Subset>(all, chosen), 0.2, *params_.seed);
    add_loader(thexp::Phase::kTrain, train,
               thexp::LoaderOptions().batch_size(32).shuffle(true));
    add_loader(thexp::Phase::kEval, eval,
               thexp::LoaderOptions().batch_size(300));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [images, labels] = batch.as<2>();
    auto classes = labels % 5;
    auto logits = head_->forward(backbone_->forward(images));
    auto loss = F::cross_entropy(logits, classes);

    optim_->zero_grad();
    loss.backward();
    optim_->step();
    return report(loss, logits, classes);
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto [images, labels] = batch.as<2>();
    auto classes = labels % 5;
    auto logits = head_->forward(backbone_->forward(images));
    return report(F::cross_entropy(logits, classes), logits, classes);
  }

 private:
  static thexp::Meter report(const torch::Tensor& loss,
                             const torch::Tensor& logits,
                             const torch::Tensor& classes) {
    thexp::Meter meter;
    meter["loss"] = loss;
    meter.percent("acc") = thexp::accuracy(logits, classes);
    return meter;
  }

  bool frozen() const { return !params_.backbone->empty(); }

  TransferParams& params_;
  nn::Sequential backbone_{nullptr};
  nn::Linear head_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<TransferTrainer, TransferParams>(argc, argv);
}
