// Handwritten digits with a small network. By default it trains on digits
// that a program draws; --data.root=FOLDER reads real ones (the t10k IDX
// files) and splits them.
#include <torch/nn.h>
#include <torch/optim/sgd.h>

#include "digits.h"
#include "thexp/thexp.h"

namespace F = torch::nn::functional;

struct MnistParams : thexp::TrainerParams {
  MnistParams() { may_differ("data.workers"); }  // between start and resume

  thexp::Param<thexp::fs::path> data{
      this, "data.root", "", "folder with IDX files; empty = drawn digits"};
  thexp::Param<std::string> model{this, "model", "mlp", "which network",
                                  thexp::one_of({"mlp", "cnn"})};
  thexp::Param<int64_t> batch_size{this, "batch_size", 32, "examples per step",
                                   thexp::at_least(1)};
  thexp::Param<int64_t> workers{this, "data.workers", 0,
                                "threads that load data", thexp::at_least(0)};
  thexp::Param<bool> augment{this, "data.augment", true,
                             "shift each image by up to two pixels"};
  thexp::Param<double> ema{this, "ema", 0,
                           "evaluate a moving average of the weights with "
                           "this decay; 0 = off",
                           thexp::between(0.0, 0.9999)};
  thexp::Param<int64_t> patience{this, "patience", 0,
                                 "stop after this many evaluations "
                                 "without improvement; 0 = never",
                                 thexp::at_least(0)};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::between(0.0, 10.0)};
  thexp::Param<double> momentum{this, "optim.momentum", 0.9, "of SGD",
                                thexp::between(0.0, 1.0)};
};

torch::nn::Sequential make_mlp() {
  namespace nn = torch::nn;
  return nn::Sequential(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
}

// The network of the C++ MNIST program in pytorch/examples.
torch::nn::Sequential make_cnn() {
  namespace nn = torch::nn;
  return nn::Sequential(
      nn::Unflatten(nn::UnflattenOptions(1, {1, 28, 28})),
      nn::Conv2d(nn::Conv2dOptions(1, 10, 5)), nn::MaxPool2d(2), nn::ReLU(),
      nn::Conv2d(nn::Conv2dOptions(10, 20, 5)), nn::Dropout2d(0.5),
      nn::MaxPool2d(2), nn::ReLU(), nn::Flatten(), nn::Linear(320, 50),
      nn::ReLU(), nn::Dropout(0.5), nn::Linear(50, 10));
}

// Moves every image at random; the same in every process, whatever thread
// does it.
thexp::Batch shift_images(thexp::Batch batch,
                          const thexp::BatchContext& context) {
  auto images = batch[0].view({-1, 28, 28});
  auto moved = torch::empty_like(images);
  for (int64_t i = 0; i < images.size(0); ++i) {
    auto random = context.random(i);
    int64_t down = random.below(5) - 2, right = random.below(5) - 2;
    moved[i].copy_(images[i].roll({down, right}, {0, 1}));
  }
  batch.set(0, moved.view({-1, 784}));
  return batch;
}

class MnistTrainer : public thexp::Trainer {
 public:
  explicit MnistTrainer(MnistParams& params)
      : Trainer(params), params_(params) {}

 protected:
  void callbacks() override {
    // From optim.lr to 0; it sets the optimizer's rate from the start.
    add_callback<thexp::LrSchedule>([this](int64_t epochs) {
      return thexp::Schedule::cosine(*params_.lr, 0, 0, epochs);
    });
    add_callback<thexp::ModelCheckpoint>("eval/acc", thexp::Mode::kMax);
    if (*params_.ema > 0) {
      add_callback<thexp::Ema>(thexp::EmaOptions().decay(*params_.ema));
    }
    if (*params_.patience > 0) {
      add_callback<thexp::EarlyStopping>(
          thexp::EarlyStoppingOptions().patience(*params_.patience));
    }
  }

  void models() override {
    net_ = add_model("net", *params_.model == "cnn" ? make_cnn() : make_mlp());
    optim_ = add_optimizer(
        "optim",
        torch::optim::SGD(
            net_->parameters(),
            torch::optim::SGDOptions(*params_.lr).momentum(*params_.momentum)));
  }

  void datasets() override {
    auto [train, eval] = thexp::split(load_digits(), 0.2, *params_.seed);
    auto options = thexp::LoaderOptions()
                       .batch_size(*params_.batch_size)
                       .shuffle(true)
                       .workers(*params_.workers);
    if (*params_.augment) options.transform(shift_images);
    add_loader(thexp::Phase::kTrain, train, options);
    add_loader(thexp::Phase::kEval, eval,
               thexp::LoaderOptions().batch_size(512));
    add_loader(thexp::Phase::kPredict, eval,
               thexp::LoaderOptions().batch_size(512));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [images, labels] = batch.as<2>();
    auto logits = net_->forward(images);
    auto loss = F::cross_entropy(logits, labels);

    optim_->zero_grad();
    loss.backward();
    optim_->step();
    return report(loss, logits, labels);
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    auto [images, labels] = batch.as<2>();
    auto logits = net_->forward(images);
    return report(F::cross_entropy(logits, labels), logits, labels);
  }

  torch::Tensor predict_batch(const thexp::Batch& batch) override {
    return net_->forward(batch[0]).argmax(1);
  }

 private:
  std::shared_ptr<thexp::Dataset> load_digits() const {
    if (params_.data->empty()) return examples::draw_digits(6000, 1);
    return thexp::load_mnist(*params_.data, thexp::MnistSplit::kTest);
  }

  static thexp::Meter report(const torch::Tensor& loss,
                             const torch::Tensor& logits,
                             const torch::Tensor& labels) {
    thexp::Meter meter;
    meter["loss"] = loss;
    meter.percent("acc") = thexp::accuracy(logits, labels);
    return meter;
  }

  MnistParams& params_;
  torch::nn::Sequential net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<MnistTrainer, MnistParams>(argc, argv);
}
