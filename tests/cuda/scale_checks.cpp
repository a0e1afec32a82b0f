// GradScaler: on a GPU it is two kernels of LibTorch's.
#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <cmath>

#include "check.h"
#include "thexp/trainer/grad_scaler.h"
#include "toy_trainer.h"

namespace cuda_check {
namespace {

constexpr float kInf = INFINITY;

// As tests/trainer/grad_scaler_reference.py has it from Python.
void as_python(at::Device device) {
  const double wanted[] = {
      1000.2999877929688, 1700.510009765625,  1700.510009765625,
      510.15301513671875, 510.15301513671875, 867.2601318359375,
      260.17803955078125, 78.05341339111328,  78.05341339111328,
      132.6907958984375,  132.6907958984375,  225.57435607910156};
  const float slopes[] = {1, 1, 1, kInf, 1, 1, -kInf, NAN, 1, 1, 1, 1};
  thexp::GradScaler scaler(thexp::GradScalerOptions()
                               .init_scale(1000.3)
                               .growth_factor(1.7)
                               .backoff_factor(0.3)
                               .growth_interval(2));
  at::Tensor weight = at::ones({1}, device).requires_grad_();
  torch::optim::SGD optimizer({weight}, 0.5);
  for (std::size_t i = 0; i < std::size(slopes); ++i) {
    std::string at = " in step " + std::to_string(i);
    optimizer.zero_grad();
    scaler.scale((weight * slopes[i]).sum()).backward();
    bool stepped = scaler.step(optimizer);
    scaler.update();
    require(stepped == std::isfinite(slopes[i]), "stepped" + at);
    require_close(scaler.get_scale(), wanted[i], 0, "the scale" + at);
  }
  require(weight.item<float>() == 1 - 0.5f * 9, "the weight");
}

struct Scaled {
  Scaled(const thexp_test::TempDir& dir, at::Device device, bool enabled)
      : params(dir), trainer(params) {
    params.device = device.str();
    params.batch_size = 2;
    params.accumulate = 4;
    scaler = &trainer.add_callback<thexp::GradScaler>(
        thexp::GradScalerOptions().init_scale(1024).growth_interval(3).enabled(
            enabled));
    trainer.change_train_loss = [this](const at::Tensor& loss) {
      bool spoil = trainer.progress().step == infinite_step;
      return scaler->scale(spoil ? loss * kInf : loss);
    };
  }
  thexp_test::ToyParams params;
  thexp_test::ToyTrainer trainer;
  thexp::GradScaler* scaler;
  int64_t infinite_step = -1;
};

void with_accumulation(at::Device device) {
  thexp_test::TempDir dir;
  Scaled plain(dir, device, false), scaled(dir, device, true);
  plain.trainer.train();
  scaled.trainer.train();
  require_equal(scaled.trainer.net->weight, plain.trainer.net->weight,
                "the weight");
  require(scaled.scaler->get_scale() == 2048, "the scale");
}

void one_infinite_gradient(at::Device device) {
  thexp_test::TempDir dir;
  Scaled scaled(dir, device, true);
  scaled.infinite_step = 1;
  scaled.trainer.train_steps(4);
  require(scaled.trainer.optimizer("optim").updates() == 0, "an update");
  require(scaled.scaler->get_scale() == 512, "the scale");
  scaled.trainer.train_steps(2);
  require(scaled.trainer.optimizer("optim").updates() == 1, "no update");
}

}  // namespace

Group scale_checks() {
  return {"scaler",
          {{"the scale goes as Python's", as_python},
           {"with accumulation as without a scale", with_accumulation},
           {"one infinite gradient drops its window", one_infinite_gradient}}};
}

}  // namespace cuda_check
