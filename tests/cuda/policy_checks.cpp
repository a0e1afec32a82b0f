// Ema and NanPolicy.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>

#include "check.h"
#include "thexp/callbacks/ema.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/nan_policy.h"
#include "toy_trainer.h"

namespace cuda_check {
namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Action = thexp::NanPolicy::Action;

// A toy with batch norm whose loss is NaN in one step.
struct Toy {
  Toy(const TempDir& dir, at::Device device) : params(dir), trainer(params) {
    params.device = device.str();
    trainer.on_models = [this](ToyTrainer& toy) {
      norm = toy.add_model("norm", torch::nn::BatchNorm1d(2));
    };
    trainer.on_train_batch = [this](const thexp::Batch& batch) {
      bool spoil = trainer.progress().step == bad_step;
      norm->forward(spoil ? batch[0] * NAN : batch[0]);
    };
    trainer.change_train_loss = [this](const at::Tensor& loss) {
      return trainer.progress().step == bad_step ? loss * NAN : loss;
    };
  }
  at::Tensor weight() const { return trainer.net->weight.detach().clone(); }

  ToyParams params;
  ToyTrainer trainer;
  torch::nn::BatchNorm1d norm{nullptr};
  int64_t bad_step = -1;
};

void ema(at::Device device) {
  TempDir dir;
  Toy toy(dir, device);
  auto& ema =
      toy.trainer.add_callback<thexp::Ema>(thexp::EmaOptions().decay(0.5));
  toy.trainer.setup();
  at::Tensor expected = toy.weight();
  for (int step = 0; step < 6; ++step) {
    toy.trainer.train_steps(1);
    expected = 0.5 * expected + 0.5 * toy.weight();
  }
  require(ema.averages()[0].device() == device, "they are elsewhere");
  require_close(ema.averages()[0], expected, 1e-6, "the average");
  at::Tensor trained = toy.weight();
  toy.trainer.eval();
  require_equal(toy.weight(), trained, "the weight after an evaluation");
}

void ema_goes_on(at::Device device) {
  TempDir dir;
  Toy whole(dir, device), first(dir, device), second(dir, device);
  thexp::Ema* averages[3];
  Toy* all[] = {&whole, &first, &second};
  for (int i = 0; i < 3; ++i) {
    averages[i] = &all[i]->trainer.add_callback<thexp::Ema>();
  }
  whole.trainer.train();
  first.trainer.train_steps(4);
  second.trainer.load_state(first.trainer.state().clone());
  second.trainer.train();
  require_equal(averages[2]->averages()[0], averages[0]->averages()[0],
                "the average");
  require_equal(second.weight(), whole.weight(), "the weight");
}

void policy(at::Device device, Action action) {
  TempDir dir;
  Toy toy(dir, device);
  toy.bad_step = 3;
  auto& policy = toy.trainer.add_callback<thexp::NanPolicy>(action, 10, 1);
  toy.trainer.train_steps(3);
  at::Tensor weight = toy.weight(), mean = toy.norm->running_mean.clone();
  toy.trainer.train_steps(1);
  require(policy.events() == 1, "it was not noticed");
  require_equal(toy.weight(), weight, "the weight");
  require_equal(toy.norm->running_mean, mean, "batch norm's mean");
  toy.trainer.train();
  require(toy.weight().isfinite().all().item<bool>(), "NaN at the end");
}

void skip(at::Device device) { policy(device, Action::kSkip); }
void roll_back(at::Device device) { policy(device, Action::kRollBack); }

}  // namespace

Group policy_checks() {
  return {"policies",
          {{"Ema follows the weights", ema},
           {"Ema goes on from a checkpoint", ema_goes_on},
           {"NanPolicy skips", skip},
           {"NanPolicy rolls back", roll_back}}};
}

}  // namespace cuda_check
