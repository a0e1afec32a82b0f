#include "thexp/trainer/trainer.h"

#include <ATen/Context.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/dropout.h>

#include <numeric>

#include "catch.h"
#include "recorder.h"
#include "thexp/base/file.h"
#include "thexp/tracking/workspace.h"
#include "toy_trainer.h"

namespace {

using thexp::ExceptionAction;
using thexp_test::message_of;
using thexp_test::Recorder;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Does one thing at the end of every batch.
struct AtBatchEnd : thexp::Callback {
  explicit AtBatchEnd(std::function<void(thexp::Trainer&)> action)
      : action(std::move(action)) {}
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    action(trainer);
  }
  std::function<void(thexp::Trainer&)> action;
};

TEST_CASE("T16 train runs all epochs, and training learns") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 200;
  ToyTrainer trainer(params);
  thexp::TrainResult result = trainer.train();
  CHECK(result.completed);
  CHECK(trainer.progress().epoch == 200);
  CHECK(trainer.progress().batch == 0);
  CHECK(trainer.progress().step == 600);
  CHECK(trainer.progress().examples == 2400);
  CHECK(trainer.metric("train/loss") < 0.01);
}

TEST_CASE("T16 constructing a trainer has no side effects") {
  TempDir dir;
  ToyParams params(dir);
  { ToyTrainer trainer(params); }
  CHECK(thexp::fs::is_empty(dir.path()));
  CHECK_FALSE(params.is_frozen());
}

TEST_CASE("T16 a run folder is filled") {
  TempDir dir;
  ToyParams params(dir);
  thexp::fs::path run;
  {
    ToyTrainer trainer(params);
    trainer.train();
    run = trainer.run_folder();
  }
  CHECK(run.parent_path() == dir.path() / "toy");
  for (const char* file : {"run.json", "params.yaml", "console.log",
                           "metrics.jsonl", "checkpoints", "models/net.pt"}) {
    INFO(file);
    CHECK(thexp::fs::exists(run / file));
  }
  CHECK_CONTAINS(thexp::read_file(run / "run.json"), "\"completed\"");
  CHECK_CONTAINS(thexp::read_file(run / "params.yaml"), "lr: 0.1");
}

TEST_CASE("an error of LibTorch is recorded without its C++ stack") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_train_batch = [](const thexp::Batch&) {
    TORCH_CHECK(false, "shapes do not fit");
  };
  CHECK_THROWS_AS(trainer.train(), c10::Error);
  auto record = thexp::read_run(trainer.run_folder());
  CHECK(record.failure == "shapes do not fit");
}

TEST_CASE("T16 train_steps crosses the ends of epochs") {
  TempDir dir;
  ToyParams params(dir);
  std::vector<std::string> lines;
  ToyTrainer trainer(params);
  trainer.add_callback<Recorder>("r", lines);
  trainer.train_steps(2);
  CHECK(trainer.progress().epoch == 0);
  CHECK(trainer.progress().batch == 2);
  trainer.train_steps(2);
  CHECK(trainer.progress().epoch == 1);
  CHECK(trainer.progress().batch == 1);
  CHECK(std::count(lines.begin(), lines.end(), "r epoch_begin 0") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "r epoch_end 1") == 1);
  CHECK_THROWS_AS(trainer.train_steps(-1), thexp::UsageError);
}

TEST_CASE("steps taken one by one equal an epoch in one go, bit for bit") {
  TempDir dir;
  ToyParams params(dir), other(dir);
  ToyTrainer whole(params), pieces(other);
  whole.train();
  for (int i = 0; i < 6; ++i) pieces.train_steps(1);
  CHECK(torch::equal(whole.net->weight, pieces.net->weight));
}

TEST_CASE("T16 stop_train ends after the running batch") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<AtBatchEnd>([](thexp::Trainer& at) {
    if (at.progress().step == 4) at.stop_train("enough");
  });
  thexp::TrainResult result = trainer.train();
  CHECK_FALSE(result.completed);
  CHECK(result.reason == "enough");
  CHECK(trainer.progress().step == 4);
  CHECK(trainer.progress().epoch == 1);
}

TEST_CASE("T16 stop_epoch ends the epoch, which counts") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 3;
  ToyTrainer trainer(params);
  trainer.add_callback<AtBatchEnd>([](thexp::Trainer& at) { at.stop_epoch(); });
  trainer.train();
  CHECK(trainer.progress().epoch == 3);
  CHECK(trainer.progress().step == 3);
}

TEST_CASE("T17 missing data is said once, and skipped") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.with_eval = false;
  CHECK(trainer.eval().values().empty());
  CHECK(trainer.eval().values().empty());
  trainer.logger().flush();
  std::string log = thexp::read_file(trainer.active_run().console_log());
  std::size_t first = log.find("no eval data, eval skipped");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("no eval data", first + 1) == std::string::npos);
}

TEST_CASE("evaluation is without gradients, and restores every mode exactly") {
  struct ModeTrainer : ToyTrainer {
    using ToyTrainer::ToyTrainer;
    thexp::Meter eval_batch(const thexp::Batch&) override {
      modes.push_back(at::GradMode::is_enabled());
      for (const auto& module : block->modules()) {
        modes.push_back(module->is_training());
      }
      return {};
    }
    torch::nn::Sequential block{nullptr};
    std::vector<bool> modes;
  };
  TempDir dir;
  ToyParams params(dir);
  params.batch_size = 12;
  ModeTrainer trainer(params);
  trainer.on_models = [&](ToyTrainer& toy) {
    trainer.block =
        torch::nn::Sequential(torch::nn::Dropout(), torch::nn::BatchNorm1d(2));
    trainer.block[1]->eval();  // frozen by the user
    toy.add_model("block", trainer.block);
  };
  trainer.eval();
  CHECK(trainer.modes == std::vector<bool>{false, false, false, false});
  CHECK(trainer.block->is_training());
  CHECK(trainer.block[0]->is_training());
  CHECK_FALSE(trainer.block[1]->is_training());
  CHECK(at::GradMode::is_enabled());
}

TEST_CASE("eval data without eval_batch is an error that says so") {
  struct NoEval : thexp::Trainer {
    explicit NoEval(thexp::TrainerParams& p) : Trainer(p, nullptr) {}
    void models() override {}
    void datasets() override {
      add_loader(thexp::Phase::kEval, ToyTrainer::data());
    }
    thexp::Meter train_batch(const thexp::Batch&,
                             const thexp::Progress&) override {
      return {};
    }
  };
  TempDir dir;
  ToyParams params(dir);
  NoEval trainer(params);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.eval(); }),
                 "eval_batch() is not overridden");
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "there is no training data");
}

TEST_CASE("T18 an exception reaches every callback once and goes on") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  std::vector<std::string> lines;
  trainer.add_callback<Recorder>("a", lines);
  trainer.add_callback<Recorder>("b", lines);
  trainer.on_train_batch = [](const thexp::Batch&) {
    throw std::runtime_error("boom");
  };
  CHECK(message_of<std::runtime_error>([&] { trainer.train(); }) == "boom");
  CHECK(lines == std::vector<std::string>{
                     "a train_begin", "b train_begin", "a epoch_begin 0",
                     "b epoch_begin 0", "a batch_begin 0", "b batch_begin 0",
                     "a exception boom", "b exception boom", "a failure boom",
                     "b failure boom"});
  std::string record = thexp::read_file(trainer.run_folder() / "run.json");
  CHECK_CONTAINS(record, "\"failed\"");
  CHECK_CONTAINS(record, "boom");
}

TEST_CASE("T18 a handled exception skips its batch, the others run") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  ToyTrainer trainer(params);
  std::vector<std::string> lines;
  trainer.add_callback<Recorder>("r", lines).answer =
      ExceptionAction::kSkipBatch;
  int calls = 0;
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (++calls == 2) throw std::runtime_error("boom");
  };
  CHECK(trainer.train().completed);
  CHECK(calls == 3);
  CHECK(trainer.progress().step == 3);
  CHECK(trainer.optimizer("optim").updates() == 2);
}

TEST_CASE("T18 an exception may end training in order") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  std::vector<std::string> lines;
  trainer.add_callback<Recorder>("r", lines).answer = ExceptionAction::kStop;
  trainer.on_train_batch = [](const thexp::Batch&) {
    throw std::runtime_error("boom");
  };
  thexp::TrainResult result = trainer.train();
  CHECK_FALSE(result.completed);
  CHECK(result.reason == "exception: boom");
  CHECK(std::count(lines.begin(), lines.end(), "r train_end") == 1);
}

TEST_CASE("limits bound every phase") {
  TempDir dir;
  ToyParams params(dir);
  params.batch_size = 2;
  params.limit_train_batches = 4;
  params.limit_eval_batches = 1;
  ToyTrainer trainer(params);
  CHECK(trainer.train().completed);
  CHECK(trainer.batches_per_epoch() == 4);
  CHECK(trainer.progress().step == 8);
}

TEST_CASE("fast_dev_run runs one batch of everything and keeps nothing") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 50;
  params.fast_dev_run = true;
  ToyTrainer trainer(params);
  CHECK(trainer.train().completed);
  CHECK(trainer.progress().step == 1);
  CHECK(thexp::fs::is_empty(trainer.active_run().checkpoints()));
  CHECK(thexp::fs::is_empty(trainer.active_run().models()));
}

// Remembers the batches of each phase; evaluates on other data than it trains
// on, six batches of it.
struct WatchingTrainer : ToyTrainer {
  explicit WatchingTrainer(ToyParams& params) : ToyTrainer(params) {
    params.batch_size = 2;
    with_eval = false;
    with_test = with_predict = true;
    on_train_batch = [this](const thexp::Batch& batch) {
      trained.push_back(batch[0].clone());
    };
  }
  void datasets() override {
    ToyTrainer::datasets();
    auto other = thexp::tensor_dataset(
        {torch::full({12, 2}, 7.0f), torch::zeros({12, 1})});
    add_loader(thexp::Phase::kEval, other,
               thexp::LoaderOptions().batch_size(2));
  }
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    evaluated.push_back(batch[0].clone());
    return ToyTrainer::eval_batch(batch);
  }
  thexp::Meter test_batch(const thexp::Batch& batch) override {
    ++tested;
    thexp::Meter meter;
    meter["examples"].sum() = batch.size();
    return meter;
  }

  std::vector<at::Tensor> trained;
  std::vector<at::Tensor> evaluated;
  int tested = 0;
};

TEST_CASE("T17 test runs test_batch where it is overridden, else eval_batch") {
  TempDir dir;
  ToyParams params(dir), others(dir);
  WatchingTrainer trainer(params);
  CHECK(trainer.test().aggregate("examples") == 12);
  CHECK(trainer.tested == 6);
  CHECK(trainer.evaluated.empty());

  ToyTrainer without(others);
  without.with_test = true;
  CHECK(without.test().average("loss") == without.eval().average("loss"));
}

using Numbers = std::vector<int64_t>;

Numbers numbers_of(ToyTrainer& trainer, int64_t count) {
  Numbers epochs;
  for (auto epoch : trainer.epochs(count)) {
    epochs.push_back(epoch);
    trainer.train_epoch();
  }
  return epochs;
}

TEST_CASE("S5 epochs(N) are N more, counted from the loaded state") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer first(params), second(params);
  CHECK(numbers_of(first, 2) == Numbers{1, 2});
  second.load_state(first.state());
  CHECK(numbers_of(second, 3) == Numbers{3, 4, 5});
  CHECK(second.progress().epoch == 5);
  CHECK(numbers_of(second, 0).empty());
}

TEST_CASE("S5 epochs(N) end with training") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().epoch == 1) trainer.stop_train("enough");
  };
  CHECK(numbers_of(trainer, 4) == Numbers{1, 2});
  CHECK_THROWS_AS(trainer.epochs(-1), thexp::UsageError);
}

TEST_CASE("limit_eval_batches and limit_test_batches bound their phase alone") {
  TempDir dir;
  ToyParams params(dir);
  WatchingTrainer trainer(params);
  params.limit_eval_batches = 2;
  params.limit_test_batches = 3;
  trainer.train_epoch();
  trainer.eval();
  trainer.test();
  CHECK(trainer.trained.size() == 6);
  CHECK(trainer.evaluated.size() == 2);
  CHECK(trainer.tested == 3);
  CHECK(trainer.predict().size(0) == 12);
}

TEST_CASE("a limit of 0 means no batch at all") {
  TempDir dir;
  ToyParams params(dir);
  WatchingTrainer trainer(params);
  params.limit_eval_batches = 0;
  params.limit_test_batches = 0;
  CHECK(trainer.eval().values().empty());
  CHECK(trainer.test().values().empty());
  CHECK(trainer.evaluated.empty());
  CHECK(trainer.tested == 0);
}

TEST_CASE("fast_dev_run is one batch of evaluation, test and prediction too") {
  TempDir dir;
  ToyParams params(dir);
  WatchingTrainer trainer(params);
  params.fast_dev_run = true;
  trainer.eval();
  trainer.test();
  CHECK(trainer.evaluated.size() == 1);
  CHECK(trainer.tested == 1);
  CHECK(trainer.predict().size(0) == 2);
}

TEST_CASE("overfit_batches evaluates what it trains on; test and predict not") {
  TempDir dir;
  ToyParams params(dir);
  WatchingTrainer trainer(params);
  params.overfit_batches = 2;
  trainer.train_epoch();
  trainer.eval();
  trainer.test();
  REQUIRE(trainer.trained.size() == 2);
  REQUIRE(trainer.evaluated.size() == 2);
  CHECK(torch::equal(trainer.evaluated[0], trainer.trained[0]));
  CHECK(torch::equal(trainer.evaluated[1], trainer.trained[1]));
  CHECK(trainer.tested == 6);
  CHECK(trainer.predict().size(0) == 12);
}

TEST_CASE("overfit_batches trains on the same batches each epoch") {
  TempDir dir;
  ToyParams params(dir);
  params.overfit_batches = 1;
  params.epoch = 3;
  ToyTrainer trainer(params);
  std::vector<at::Tensor> seen;
  trainer.on_train_batch = [&](const thexp::Batch& batch) {
    seen.push_back(batch[0].clone());
  };
  trainer.train();
  REQUIRE(seen.size() == 3);
  CHECK(torch::equal(seen[0], seen[1]));
  CHECK(torch::equal(seen[0], seen[2]));
}

TEST_CASE("an absent device is a clear error") {
  TempDir dir;
  auto message = [&](const char* device) {
    ToyParams params(dir);
    params.device = device;
    ToyTrainer trainer(params);
    return message_of<thexp::UsageError>([&] { trainer.setup(); });
  };
  if (!at::hasCUDA()) {
    CHECK_CONTAINS(message("cuda:0"), "use --device=cpu");
  }
  CHECK_CONTAINS(message("gpu"),
                 "device 'gpu': write cpu, cuda, cuda:N or auto");
}

TEST_CASE("names are keys of the checkpoint: taken ones are refused") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = [](ToyTrainer& toy) {
    toy.add_model("optim", torch::nn::Linear(1, 1));
  };
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "'optim' is registered already");
}

TEST_CASE("a model's name becomes a file's, so it is checked at once") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = [](ToyTrainer& toy) {
    toy.add_model("gen/face", torch::nn::Linear(1, 1));
  };
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "'gen/face' cannot be a model's name");
}

TEST_CASE("parameters are frozen while training") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK_CONTAINS(message_of<thexp::Error>([&] { params.lr = 0.5; }),
                 "optim.lr");
}

TEST_CASE("an unknown metric lists those that there are") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.train();
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { trainer.metric("train/acc"); }),
      "there is no metric 'train/acc' (there are: train/loss)");
}

TEST_CASE("seed -1 draws a seed and records it") {
  TempDir dir;
  ToyParams params(dir);
  params.seed = -1;
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(*params.seed >= 0);
  CHECK_CONTAINS(thexp::read_file(trainer.run_folder() / "params.yaml"),
                 "seed: " + std::to_string(*params.seed));
}

TEST_CASE("T16 a checkpoint restored in another trainer goes on exactly") {
  TempDir dir;
  ToyParams params(dir), half(dir), rest(dir);
  params.epoch = 4;
  half.epoch = 2;
  rest.epoch = 4;
  ToyTrainer whole(params), first(half), second(rest);
  whole.train();
  first.train();
  second.load_state(first.state().clone());
  CHECK(second.progress().epoch == 2);
  second.train();
  CHECK(torch::equal(whole.net->weight, second.net->weight));
  CHECK(torch::equal(whole.net->bias, second.net->bias));
}

TEST_CASE("T16 predict concatenates the outputs in order, without gradients") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.with_predict = true;
  at::Tensor outputs = trainer.predict();
  at::NoGradGuard no_grad;
  CHECK_FALSE(outputs.requires_grad());
  std::vector<int64_t> all(12);
  std::iota(all.begin(), all.end(), 0);
  at::Tensor inputs = ToyTrainer::data()->get(all)[0].to(trainer.device());
  CHECK(torch::equal(outputs, trainer.net->forward(inputs)));
}

TEST_CASE("predict without data gives no tensor") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  CHECK_FALSE(trainer.predict().defined());
}

TEST_CASE("T16 kept members travel in the checkpoint") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  int64_t count = 7, other = 0;
  ToyTrainer saved(params), loaded(again);
  saved.keep("count", count);
  loaded.keep("count", other);
  loaded.load_state(saved.state());
  CHECK(other == 7);
}

// Its member is gone when the base class is destroyed.
struct Keeping : ToyTrainer {
  Keeping(ToyParams& params, int& reads) : ToyTrainer(params) {
    on_models = [this, &reads](ToyTrainer& trainer) {
      trainer.keep(
          "own",
          [this, &reads] {
            ++reads;
            return thexp::State(own);
          },
          [](const thexp::State&) {});
    };
  }
  int64_t own = 3;
};

TEST_CASE("a trainer that is destroyed reads no member that is gone") {
  TempDir dir;
  ToyParams params(dir);
  int reads = 0, before = 0;
  {
    Keeping trainer(params, reads);
    trainer.train_epoch();
    trainer.record("own", 1);  // no checkpoint has it
    before = reads;
  }
  CHECK(before > 0);
  CHECK(reads == before);
}

}  // namespace
