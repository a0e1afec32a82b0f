#include "thexp/trainer/script_module.h"

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/state/module_state.h"
#include "toy_trainer.h"

namespace {

using thexp::ScriptModule;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// y = x · w + calls, where calls counts what it was asked in training.
torch::jit::Module make_script() {
  torch::jit::Module layer("Layer");
  layer.register_parameter("w", torch::ones({2, 1}, torch::requires_grad()),
                           /*is_buffer=*/false);
  layer.register_attribute("training", c10::BoolType::get(), true);
  layer.register_buffer("calls", torch::zeros({1}));
  layer.define(R"(
    def forward(self, x):
      if self.training:
        self.calls.add_(1.0)
      return torch.mm(x, self.w)
  )");
  torch::jit::Module net("Net");
  net.register_attribute("training", c10::BoolType::get(), true);
  net.register_module("layer", layer);
  net.define(R"(
    def forward(self, x):
      return self.layer.forward(x)
  )");
  return net;
}

// Trains a script.
struct Scripted : thexp::Trainer {
  explicit Scripted(ToyParams& params) : Trainer(params, nullptr) {}
  void models() override {
    net = add_model("net", std::make_shared<ScriptModule>(make_script()));
    optim = add_optimizer("optim", torch::optim::SGD(net->parameters(), 0.1));
  }
  void datasets() override {
    for (auto phase : {thexp::Phase::kTrain, thexp::Phase::kEval}) {
      add_loader(phase, ToyTrainer::data(),
                 thexp::LoaderOptions().batch_size(4));
    }
  }
  at::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return (net->forward(x) - y).square().mean();
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    at::Tensor loss = loss_of(batch);
    optim->zero_grad();
    loss.backward();
    optim->step();
    return {{"loss", loss}};
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    return {{"loss", loss_of(batch)}};
  }
  std::shared_ptr<ScriptModule> net;
  thexp::Optimizer<torch::optim::SGD> optim;
};

at::Tensor calls_of(Scripted& trainer) {
  return thexp::module_state(*trainer.net).at("layer.calls").as_tensor();
}

TEST_CASE("a TorchScript module is a model with parameters and buffers") {
  TempDir dir;
  at::Tensor whole;
  {
    ToyParams params(dir);
    params.epoch = 4;
    Scripted trainer(params);
    trainer.train();
    trainer.eval();  // in eval mode nothing is counted
    CHECK(calls_of(trainer).item<float>() == 12);
    whole = trainer.net->script().attr("layer").toModule().attr("w").toTensor();
    auto file = trainer.run_folder() / "models" / "net.script.pt";
    auto again = ScriptModule::load(file);
    CHECK(again->forward(torch::ones({1, 2}))
              .equal(torch::ones({1, 2}).mm(whole)));
  }
  TempDir halves;
  for (int64_t epochs : {2, 4}) {
    ToyParams params(halves);
    params.epoch = epochs;
    params.auto_resume = true;
    Scripted trainer(params);
    trainer.train();
    if (epochs < 4) continue;
    CHECK(calls_of(trainer).item<float>() == 12);
    CHECK(trainer.net->parameters()[0].equal(whole));
  }
}

TEST_CASE("what is no TorchScript is called so") {
  TempDir dir;
  CHECK_CONTAINS(message_of<thexp::FileError>(
                     [&] { ScriptModule::load(dir / "none.pt"); }),
                 "none.pt");
  thexp::write_file_atomic(dir / "text.pt", "hello");
  CHECK_CONTAINS(message_of<thexp::FormatError>(
                     [&] { ScriptModule::load(dir / "text.pt"); }),
                 "it cannot be read as TorchScript");
}

}  // namespace
