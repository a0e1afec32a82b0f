// Checkpoints that are taken while training goes on.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/optim/adam.h>

#include "check.h"
#include "temp_dir.h"
#include "thexp/state/async_saver.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"

namespace cuda_check {
namespace {

using thexp_test::TempDir;

// Weights that all are the number of the step.
struct Counting {
  explicit Counting(at::Device device) {
    at::Tensor image = at::zeros({2, 3, 8, 8}, device);
    state["large"] = at::zeros({1 << 18}, device);
    state["small"] = at::zeros({}, device);
    state["bf16"] = at::zeros({1001}, at::device(device).dtype(at::kBFloat16));
    state["integer"] = at::zeros({3}, at::device(device).dtype(at::kLong));
    state["last"] = image.contiguous(at::MemoryFormat::ChannelsLast);
    state["turned"] = at::zeros({30, 70}, device).t();
    state["host"] = at::zeros({5});
  }

  void step() {
    for (auto& [key, value] : state.as_dict()) value.as_tensor().add_(1);
  }

  thexp::State state;
};

void require_all(const thexp::State& state, int64_t number) {
  for (const auto& [key, value] : state.as_dict()) {
    const at::Tensor& tensor = value.as_tensor();
    require_equal(tensor, at::full_like(tensor, number),
                  "step " + std::to_string(number));
  }
}

// Each file is of its step, although the device is far behind the host.
void fifty_saves(at::Device device) {
  TempDir dir;
  thexp::Saver saver(dir.path(), thexp::SaverOptions().max_to_keep(0));
  Counting counting(device);
  {
    thexp::AsyncSaver background(saver);
    for (int64_t step = 1; step <= 50; ++step) {
      load_device(device);
      counting.step();
      background.save(step, counting.state);
    }
    background.flush();
  }
  for (int64_t step = 1; step <= 50; ++step) {
    require_all(saver.load_checkpoint(step).state, step);
  }
}

void a_copy_on_the_device(at::Device device) {
  thexp::StateBuffer buffer(thexp::StateBuffer::Place::kSame);
  Counting counting(device);
  counting.step();
  load_device(device);
  const thexp::State& copy = buffer.copy(counting.state);
  counting.step();
  require(copy.at("large").as_tensor().device() == device, "it has moved");
  require_all(copy, 1);
}

struct Model {
  explicit Model(at::Device device)
      : net(torch::nn::Conv2d(3, 8, 3), torch::nn::BatchNorm2d(8)) {
    net->to(device);
    optimizer = std::make_unique<torch::optim::Adam>(
        net->parameters(), torch::optim::AdamOptions(1e-2).amsgrad(true));
  }

  void step(const at::Tensor& images) {
    optimizer->zero_grad();
    net->forward(images).square().mean().backward();
    optimizer->step();
  }

  torch::nn::Sequential net;
  std::unique_ptr<torch::optim::Adam> optimizer;
};

void through_a_file(at::Device device) {
  at::globalContext().setDeterministicCuDNN(true);
  at::Tensor images = at::randn({4, 3, 8, 8}, device);
  Model first(device), second(device);
  for (int i = 0; i < 5; ++i) first.step(images);
  thexp::State state;
  state["net"] = thexp::module_state(*first.net);
  state["optimizer"] = thexp::optimizer_state(*first.optimizer);
  thexp::State loaded = thexp::from_pt_bytes(thexp::to_pt_bytes(state));
  thexp::load_module_state(*second.net, loaded.at("net"));
  thexp::load_optimizer_state(*second.optimizer, loaded.at("optimizer"));
  for (int i = 0; i < 5; ++i) {
    first.step(images);
    second.step(images);
  }
  for (std::size_t i = 0; i < first.net->parameters().size(); ++i) {
    require_equal(second.net->parameters()[i], first.net->parameters()[i],
                  "parameter " + std::to_string(i));
  }
}

}  // namespace

Group save_checks() {
  return {"saves",
          {{"50 in the background, each of its step", fifty_saves},
           {"a copy where the tensors are", a_copy_on_the_device},
           {"model and optimizer go on from a file", through_a_file}}};
}

}  // namespace cuda_check
