// Tells its steps on standard output, and in one of them waits for a signal.
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "thexp/thexp.h"
#include "thexp/trainer/interrupts.h"

namespace {

struct WaitingParams : thexp::TrainerParams {
  thexp::Param<int64_t> wait_in{this, "wait_in", 2, "the step that waits"};
  thexp::Param<bool> hang{this, "hang", false, "never finish that step"};
  thexp::Param<bool> wait_in_eval{this, "wait_in_eval", false,
                                  "wait in the first evaluation's first batch"};
  thexp::Param<bool> own{this, "own", false, "interrupt itself in that step"};
};

void say(const char* what, int64_t step) {
  std::printf("%s %lld\n", what, static_cast<long long>(step));
  std::fflush(stdout);
}

void sleep_a_little() {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

class WaitingTrainer : public thexp::Trainer {
 public:
  explicit WaitingTrainer(WaitingParams& params)
      : Trainer(params), params_(params) {}

 protected:
  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    optim_ = add_optimizer("optim", torch::optim::SGD(net_->parameters(), 0.1));
  }

  void datasets() override {
    auto data = thexp::tensor_dataset({torch::ones({8, 1})});
    auto options = thexp::LoaderOptions().batch_size(2);
    add_loader(thexp::Phase::kTrain, data, options);
    add_loader(thexp::Phase::kEval, data, options);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    auto loss = net_->forward(batch[0]).square().mean();
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    bool now = at.step == *params_.wait_in;
    if (now && *params_.own) interrupt("time limit");
    if (now && !*params_.own) wait_for_signal(at.step);
    say("finished", at.step);
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    if (is_sanity_check()) return {{"size", batch.size()}};
    bool waits = *params_.wait_in_eval && progress().epoch == 1 && !resumed();
    if (waits) say("evaluating", batch.size());
    while (waits && thexp::noted_interrupt() == 0) sleep_a_little();
    say("evaluated", batch.size());
    thexp::Meter meter;
    meter["size"] = batch.size();
    return meter;
  }

 private:
  void wait_for_signal(int64_t step) {
    say("waiting", step);
    while (thexp::noted_interrupt() == 0) sleep_a_little();
    say("noted", step);
    while (*params_.hang) sleep_a_little();
  }

  WaitingParams& params_;
  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

}  // namespace

int main(int argc, char** argv) {
  alarm(120);  // nobody waits for a program that nobody signals
  return thexp::run<WaitingTrainer, WaitingParams>(argc, argv);
}
