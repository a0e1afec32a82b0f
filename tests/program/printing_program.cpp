// Trains a little, and prints by itself beside the log and a moving line.
// DIE_AT=N: is killed in step N; FAIL_AT=N: throws there.
#include <signal.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "thexp/program/run_program.h"
#include "thexp/trainer/trainer.h"

namespace {

bool is_due(const char* variable, int64_t step) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::stoll(value) == step;
}

// For those who want to watch. PAUSE: milliseconds.
void rest() {
  const char* value = std::getenv("PAUSE");
  if (value == nullptr) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(value)));
}

class PrintingTrainer : public thexp::Trainer {
 public:
  explicit PrintingTrainer(thexp::TrainerParams& params)
      : Trainer(params, /*default_callbacks=*/nullptr) {
    std::puts("constructor");
  }

 protected:
  void models() override {
    std::puts("models");
    net_ = add_model("net", torch::nn::Linear(2, 1));
    optim_ =
        add_optimizer("optim", torch::optim::SGD(net_->parameters(), 0.01));
  }

  void datasets() override {
    auto x = torch::arange(24, torch::kFloat).reshape({12, 2}) / 24;
    auto data = thexp::tensor_dataset({x, x.sum(1, true)});
    thexp::LoaderOptions options;
    options.batch_size(2);
    add_loader(thexp::Phase::kTrain, data, options);
    add_loader(thexp::Phase::kEval, data, options);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    if (at.batch == 0) logger().info("epoch", at.epoch);
    logger().inline_line("moving", at.step);
    std::cout << "step " << at.step << " of the program itself\n";
    std::printf("loss in ");
    auto loss = loss_of(batch);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    if (is_due("DIE_AT", at.step)) ::raise(SIGKILL);
    if (is_due("FAIL_AT", at.step)) throw std::runtime_error("it fails");
    std::printf("step %d\n", static_cast<int>(at.step));
    rest();
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
  at::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return (net_->forward(x) - y).square().mean();
  }

  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

}  // namespace

int main(int argc, char** argv) {
  std::puts("before");
  int code = thexp::run<PrintingTrainer>(argc, argv);
  std::puts("after");
  return code;
}
