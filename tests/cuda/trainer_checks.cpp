// A Trainer on the device.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/dropout.h>

#include "check.h"
#include "thexp/base/file.h"
#include "thexp/callbacks/exception_save.h"
#include "thexp/callbacks/out_of_memory_report.h"
#include "toy_trainer.h"

namespace cuda_check {
namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

struct Toy {
  Toy(const TempDir& dir, at::Device device) : params(dir), trainer(params) {
    params.device = device.str();
  }
  at::Tensor weight() const { return trainer.net->weight.detach().clone(); }

  ToyParams params;
  ToyTrainer trainer;
};

void the_device(at::Device device) {
  TempDir dir;
  Toy toy(dir, device);
  toy.trainer.on_train_batch = [&](const thexp::Batch& batch) {
    require(batch[0].device() == device, "a batch is elsewhere");
  };
  toy.trainer.train();
  require(toy.trainer.device() == device, "it trained elsewhere");
  require(toy.weight().device() == device, "the weight is elsewhere");
  at::Tensor mine = at::zeros({1}, at::Device(device.type()));
  require(device.is_cpu() || mine.device() == device,
          "the current device is another");
}

void the_hardware(at::Device device) {
  TempDir dir;
  Toy toy(dir, device);
  thexp::State state = toy.trainer.state();
  std::string name = state.at_path({"thexp", "hardware"}).as_text();
  require(!name.empty(), "a checkpoint does not say on which hardware");
}

void going_on(at::Device device) {
  TempDir dir;
  Toy whole(dir, device), first(dir, device), second(dir, device);
  for (Toy* toy : {&whole, &first, &second}) {
    toy->trainer.change_train_loss = [](const at::Tensor& loss) {
      return loss * (0.5 + at::rand({}, loss.options()));
    };
  }
  whole.trainer.train();
  first.trainer.train_steps(4);
  second.trainer.load_state(first.trainer.state().clone());
  second.trainer.train();
  require_equal(second.weight(), whole.weight(), "the weight");
}

// In one process, one after another.
void strict_after_normal(at::Device device) {
  TempDir dir;
  auto trained = [&](const char* mode) {
    Toy toy(dir, device);
    toy.params.determinism = mode;
    toy.trainer.train();
    at::zeros({8, 8}, device).mm(at::ones({8, 8}, device)).sum().item();
    return toy.weight();
  };
  trained("normal");
  at::Tensor strict = trained("strict");
  require_equal(trained("strict"), strict, "the weight");
  trained("normal");
}

void an_exception(at::Device device) {
  TempDir dir;
  Toy whole(dir, device), broken(dir, device);
  whole.trainer.train_steps(4);
  broken.trainer.add_callback<thexp::ExceptionSave>();
  broken.trainer.change_train_loss = [&](const at::Tensor& loss) {
    if (broken.trainer.progress().step < 4) return loss;
    at::NoGradGuard no_grad;
    broken.trainer.net->weight.fill_(7);
    throw std::runtime_error("boom");
  };
  message_of<std::runtime_error>([&] { broken.trainer.train(); });
  thexp::State saved = broken.trainer.saver().load_keypoint(1).state;
  require_equal(saved.at_path({"net", "weight"}).as_tensor(), whole.weight(),
                "the saved weight");
}

void out_of_memory(at::Device device) {
  TempDir dir;
  Toy greedy(dir, device), modest(dir, device);
  greedy.trainer.add_callback<thexp::OutOfMemoryReport>();
  greedy.trainer.on_train_batch = [&](const thexp::Batch&) {
    if (greedy.trainer.progress().step == 2) {
      at::empty({int64_t{1} << 50}, device);
    }
  };
  message_of<std::exception>([&] { greedy.trainer.train(); });
  greedy.trainer.logger().flush();
  std::string log = thexp::read_file(greedy.trainer.active_run().console_log());
  require(log.find("out of memory") != std::string::npos, "no report");
  modest.trainer.train();
  require(modest.trainer.progress().step == 6, "the second did not train");
}

void predictions(at::Device device) {
  TempDir dir;
  Toy toy(dir, device);
  toy.trainer.with_predict = true;
  toy.trainer.train();
  at::Tensor outputs = toy.trainer.predict();
  at::Tensor first = ToyTrainer::data()->get({0, 1, 2})[0].to(device);
  require_close(outputs.slice(0, 0, 3), toy.trainer.net->forward(first), 1e-6,
                "the predictions");
}

}  // namespace

Group trainer_checks() {
  return {"trainer",
          {{"trains where it is told to", the_device},
           {"a checkpoint names the hardware", the_hardware},
           {"goes on bit for bit", going_on},
           {"strict after normal", strict_after_normal},
           {"ExceptionSave keeps the last whole step", an_exception},
           {"a second trainer after out of memory", out_of_memory},
           {"predictions", predictions}}};
}

}  // namespace cuda_check
