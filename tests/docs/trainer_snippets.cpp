// The code that docs/trainer.md shows, and what the page says about it.
#include <c10/util/Logging.h>  // before catch.h: both define CHECK
#include <torch/nn.h>
#include <torch/optim.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/drill/drill.h"
#include "thexp/thexp.h"
#include "thexp/trainer/interrupts.h"

namespace {

using thexp_test::TempDir;

// [trainer]
class LineTrainer : public thexp::Trainer {
 public:
  using Trainer::Trainer;

 protected:
  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    optim_ = add_optimizer("optim", torch::optim::SGD(net_->parameters(), 0.1));
  }

  void datasets() override {
    auto x = torch::linspace(-1, 1, 64).unsqueeze(1);
    auto data = thexp::tensor_dataset({x, 3 * x - 1});
    add_loader(thexp::Phase::kTrain, data,
               thexp::LoaderOptions().batch_size(8).shuffle(true));
    add_loader(thexp::Phase::kEval, data);
    add_loader(thexp::Phase::kPredict, data);
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

  torch::Tensor predict_batch(const thexp::Batch& batch) override {
    return net_->forward(batch[0]);
  }

 private:
  torch::Tensor loss_of(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    return torch::nn::functional::mse_loss(net_->forward(x), y);
  }

  torch::nn::Linear net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};
// [/trainer]

void work_in(thexp::TrainerParams& params, const TempDir& dir) {
  params.workspace = dir.path().string();
  params.exp_name = "line";
  params.threads = 1;
  params.device = "cpu";
  params.log_console = false;
}

TEST_CASE("docs/trainer.md: a trainer is driven by its methods") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  // [drive]
  params.epoch = 20;
  LineTrainer trainer(params);

  thexp::TrainResult result = trainer.train();
  if (!result.completed) trainer.logger().warn("stopped", result.reason);

  double loss = trainer.metric("eval/loss");
  torch::Tensor outputs = trainer.predict();  // [64, 1]
  trainer.finish();
  // [/drive]
  CHECK(result.completed);
  CHECK(loss < 0.01);
  CHECK(outputs.sizes() == torch::IntArrayRef({64, 1}));
  CHECK(trainer.run_folder().parent_path() == dir.path() / "line");
}

TEST_CASE("docs/trainer.md: by steps") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  LineTrainer trainer(params);
  std::vector<double> losses;
  // [steps]
  while (trainer.progress().step < 100 && !trainer.stopping()) {
    trainer.train_steps(25);
    losses.push_back(trainer.eval().average("loss"));
  }
  // [/steps]
  REQUIRE(losses.size() == 4);
  CHECK(losses[3] < losses[0]);
  CHECK(trainer.progress().epoch == 12);  // of 8 batches
  CHECK(trainer.progress().batch == 4);
}

TEST_CASE("docs/trainer.md: numbers and files of one's own") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  LineTrainer trainer(params);
  trainer.train_steps(3);
  // [record]
  trainer.record("margin", 0.25);  // in metrics.jsonl and for TensorBoard
  std::ofstream(trainer.run_folder() / "notes.txt") << "any file of yours\n";
  // [/record]
  thexp::fs::path folder = trainer.run_folder();
  trainer.finish();
  CHECK_CONTAINS(thexp::read_file(folder / "metrics.jsonl"),
                 "{\"step\":3,\"epoch\":1,\"tag\":\"margin\",\"value\":0.25}");
  CHECK(thexp::fs::exists(folder / "notes.txt"));
}

// [keep]
class AnnealedTrainer : public LineTrainer {
 public:
  using LineTrainer::LineTrainer;
  double temperature() const { return temperature_; }

 protected:
  void models() override {
    LineTrainer::models();
    keep("temperature", temperature_);
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    temperature_ *= 0.99;
    thexp::Meter meter = LineTrainer::train_batch(batch, at);
    meter["temperature"] = temperature_;
    return meter;
  }

 private:
  double temperature_ = 1;
};
// [/keep]

TEST_CASE("docs/trainer.md: the newest checkpoint of another run") {
  TempDir dir;
  thexp::TrainerParams params, more;
  work_in(params, dir);
  work_in(more, dir);
  params.epoch = 2;
  more.epoch = 4;
  AnnealedTrainer first(params), trainer(more);
  first.train();
  thexp::fs::path folder = first.run_folder();
  // [restore]
  auto latest = thexp::Saver(folder).load_latest();
  if (latest) trainer.load_state(latest->state);
  trainer.train();  // goes on at the epoch of the checkpoint
  // [/restore]
  CHECK(trainer.progress().epoch == 4);
  CHECK(trainer.progress().step == 32);
  CHECK(trainer.temperature() == Approx(std::pow(0.99, 32)));
}

class GrowingTrainer : public LineTrainer {
 public:
  using LineTrainer::LineTrainer;
  std::size_t groups() const { return optim_->param_groups().size(); }

 protected:
  // [grows]
  void models() override {
    keep("unfrozen", unfrozen_);  // a resumed run has its value from here on
    body_ = add_model("body", torch::nn::Linear(1, 4));
    head_ = add_model("head", torch::nn::Linear(4, 1));
    optim_ =
        add_optimizer("optim", torch::optim::SGD(head_->parameters(), 0.01));
    if (unfrozen_) train_body();
  }

  void train_body() {
    optim_->add_param_group({body_->parameters()});
    unfrozen_ = true;
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    if (at.epoch == 2 && !unfrozen_) train_body();
    return step(batch);
  }
  // [/grows]

 private:
  thexp::Meter step(const thexp::Batch& batch) {
    auto [x, y] = batch.as<2>();
    auto loss = (head_->forward(body_->forward(x)) - y).square().mean();
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    return {};
  }

  bool unfrozen_ = false;
  torch::nn::Linear body_{nullptr}, head_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

TEST_CASE("docs/trainer.md: a resumed run makes the group again") {
  TempDir dir;
  thexp::TrainerParams first, second;
  work_in(first, dir);
  work_in(second, dir);
  {
    GrowingTrainer trainer(first, nullptr);
    trainer.train_steps(20);
    CHECK(trainer.groups() == 2);
  }
  second.resume = "latest";
  GrowingTrainer trainer(second, nullptr);
  trainer.setup();
  CHECK(trainer.progress().step == 20);
  CHECK(trainer.groups() == 2);
}

// [stop]
class PatientTrainer : public LineTrainer {
 public:
  using LineTrainer::LineTrainer;

 protected:
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    if (at.step == 11) stop_train("twelve steps are enough");
    return LineTrainer::train_batch(batch, at);
  }
};
// [/stop]

TEST_CASE("docs/trainer.md: stopping, and going on") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  params.epoch = 2;
  PatientTrainer trainer(params);
  thexp::TrainResult result = trainer.train();
  CHECK_FALSE(result.completed);
  CHECK(result.reason == "twelve steps are enough");
  CHECK(trainer.progress().step == 12);
  CHECK(trainer.saver().find_checkpoints().size() == 2);  // epoch 1, the stop
  CHECK(trainer.saver().find_models().size() == 1);
  CHECK(trainer.train().completed);
  CHECK(trainer.progress().step == 16);
}

// The weights after one epoch over the data in order.
torch::Tensor weights(int64_t batch_size, int64_t accumulate) {
  struct Ordered : LineTrainer {
    Ordered(thexp::TrainerParams& params, int64_t batch_size)
        : LineTrainer(params), batch_size(batch_size) {}
    void datasets() override {
      auto x = torch::linspace(-1, 1, 20).unsqueeze(1);
      add_loader(thexp::Phase::kTrain, thexp::tensor_dataset({x, 3 * x - 1}),
                 thexp::LoaderOptions().batch_size(batch_size));
    }
    int64_t batch_size;
  };
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  params.epoch = 1;
  params.accumulate = accumulate;
  Ordered trainer(params, batch_size);
  trainer.train();
  return trainer.optimizer("optim").parameters().at(0).detach().clone();
}

TEST_CASE("docs/trainer.md: accumulation is the large batch") {
  // 8 + 8 and 4 examples are 16 and 4.
  CHECK(torch::allclose(weights(8, 2), weights(16, 1), 1e-6, 1e-7));
  CHECK_FALSE(torch::allclose(weights(8, 1), weights(16, 1), 1e-6, 1e-7));
}

TEST_CASE("docs/trainer.md: limits of prediction, and missing data") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  params.fast_dev_run = true;
  LineTrainer trainer(params);
  CHECK(trainer.predict().size(0) == 32);  // one batch of the default size
  CHECK(trainer.test().values().empty());
}

TEST_CASE("docs/drill.md: a drill in a test") {
  TempDir dir;
  thexp::TrainerParams params;
  work_in(params, dir);
  // [drill]
  thexp::DrillReport report = thexp::drill<LineTrainer>(params);
  INFO(report.to_string());
  CHECK(report.passed());
  CHECK(report.at("kill and resume").verdict == thexp::DrillVerdict::kPass);
  // [/drill]
}

// [main]
int run_line(int argc, char** argv) {
  thexp::TrainerParams params;
  return thexp::run_program(
      params,
      [&]() -> std::unique_ptr<thexp::Trainer> {
        return std::make_unique<LineTrainer>(params);
      },
      argc, argv);
}
// [/main]

// Calls a main() with these arguments.
int call(int (*main)(int, char**), std::vector<std::string> words) {
  words.insert(words.begin(), "line");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return main(static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("docs/trainer.md: a main of one's own ends with the exit codes") {
  auto run = [](const std::vector<std::string>& words) {
    return call(run_line, words);
  };
  TempDir dir;
  std::string here = "--workspace=" + dir.path().string();
  CHECK(run({here, "--exp_name=mine", "--epoch=1", "--log.console=false",
             "--threads=1"}) == thexp::kExitDone);
  CHECK(run({here, "--epochs=1"}) == thexp::kExitUsage);
  CHECK(run({here, "--log.console=false", "--device=cuda:99"}) ==
        thexp::kExitUsage);
  CHECK(thexp::fs::exists(dir / "mine"));
}

int loop(int64_t steps, const std::function<void(int64_t)>& do_step) {
  // [interrupts]
  thexp::InterruptGuard guard;
  for (int64_t step = 0; step < steps; ++step) {
    if (thexp::noted_interrupt() != 0) break;
    do_step(step);
  }
  int signal = thexp::noted_interrupt();  // 0: none came
  return signal == 0 ? 0 : 128 + signal;
  // [/interrupts]
}

TEST_CASE("docs/signals.md: a loop of one's own ends after its step") {
  int64_t last = -1;
  CHECK(loop(3, [&](int64_t step) { last = step; }) == 0);
  CHECK(last == 2);
  CHECK(loop(3, [&](int64_t step) {
          last = step;
          if (step == 1) std::raise(SIGUSR1);
        }) == 128 + SIGUSR1);
  CHECK(last == 1);
  thexp::clear_interrupt();
}

// [named]
struct LineParams : thexp::TrainerParams {
  thexp::Param<double> lr{this, "optim.lr", 0.1, "learning rate"};
};

class NamedTrainer : public LineTrainer {
 public:
  explicit NamedTrainer(LineParams& params) : LineTrainer(params) {
    if (params.exp_name->empty()) {
      params.exp_name = params.build_exp_name("line", {"optim.lr"});
    }
  }
};
// [/named]

TEST_CASE("docs/params.md: an experiment that is named after its values") {
  TempDir dir;
  std::string here = "--workspace=" + dir.path().string();
  auto run = [&](const std::string& more) {
    auto program = [](int argc, char** argv) {
      return thexp::run<NamedTrainer, LineParams>(argc, argv);
    };
    return call(program, {here, "--epoch=1", "--log.console=false",
                          "--threads=1", "--optim.lr=0.5", more});
  };
  CHECK(run("--device=cpu") == thexp::kExitDone);
  CHECK(run("--resume") == thexp::kExitDone);
  CHECK(thexp::Workspace(dir.path()).runs("line_lr=0.5").size() == 1);
  CHECK(run("--exp_name=mine") == thexp::kExitDone);
  CHECK(thexp::Workspace(dir.path()).runs("mine").size() == 1);
}

}  // namespace
