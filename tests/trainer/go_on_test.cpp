// What may change when a training goes on, and what is said of it.
#include <map>

#include "catch.h"
#include "thexp/base/file.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/workspace.h"
#include "toy_trainer.h"

namespace {

namespace fs = thexp::fs;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A run of `epochs` epochs that was interrupted after some steps, or trained to
// its end.
fs::path begin_run(const TempDir& dir, int64_t epochs, int64_t steps = -1) {
  ToyParams params(dir);
  params.epoch = epochs;
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step + 1 == steps) trainer.interrupt("enough");
  };
  trainer.train();
  trainer.finish();
  return trainer.run_folder();
}

// As a command line that gives nothing but these.
struct Resumed {
  Resumed(const TempDir& dir, std::vector<std::string> flags)
      : params(dir), trainer(params) {
    flags.push_back("--resume");
    params.parse_args(flags);
    trainer.on_train_batch = [this](const thexp::Batch& batch) {
      sizes.push_back(batch.size());
    };
  }

  int64_t train() {
    trainer.train();
    trainer.finish();
    return trainer.progress().epoch;
  }
  std::string refusal() {
    return message_of<thexp::UsageError>([this] { trainer.setup(); });
  }

  ToyParams params;
  ToyTrainer trainer;
  std::vector<int64_t> sizes;
};

std::string log_of(const fs::path& run) {
  return thexp::read_file(run / "console.log");
}

TEST_CASE("G3 another batch size goes on at the same example") {
  TempDir dir;
  begin_run(dir, 1, 1);  // four of twelve examples
  Resumed larger(dir, {"--epoch=1", "--batch_size=3", "--allow=params"});
  CHECK(larger.train() == 1);
  CHECK(larger.sizes == std::vector<int64_t>{2, 3, 3});
  CHECK(larger.trainer.progress().examples == 12);
}

TEST_CASE("G3 the place within a batch survives a second resume") {
  TempDir dir;
  begin_run(dir, 1, 1);
  {
    Resumed larger(dir, {"--epoch=1", "--batch_size=3", "--allow=params"});
    larger.trainer.setup();
    larger.trainer.save_checkpoint();
  }
  Resumed again(dir, {"--epoch=1"});
  again.train();
  CHECK(*again.params.batch_size == 3);
  CHECK(again.sizes == std::vector<int64_t>{2, 3, 3});
}

// A batch that has something beside tensors of examples.
thexp::Batch with_extra(const std::vector<thexp::Example>& examples) {
  thexp::Batch batch = thexp::stack_examples(examples);
  batch.set_extra(static_cast<int>(batch.size()));
  return batch;
}

class CollatingTrainer : public ToyTrainer {
 public:
  explicit CollatingTrainer(ToyParams& params)
      : ToyTrainer(params), params_(params) {}

 protected:
  void datasets() override {
    add_loader(thexp::Phase::kTrain, data(),
               thexp::LoaderOptions()
                   .batch_size(*params_.batch_size)
                   .collate(with_extra));
  }

 private:
  ToyParams& params_;
};

TEST_CASE(
    "G3 a batch that cannot be split is trained again, and that is said") {
  TempDir dir;
  ToyParams first(dir), second(dir);
  first.epoch = 1;
  {
    CollatingTrainer trainer(first);
    trainer.train_steps(1);
  }
  second.parse_args(
      {"--resume", "--epoch=1", "--batch_size=3", "--allow=params"});
  CollatingTrainer trainer(second);
  trainer.logger().add_sink(thexp::make_file_sink(dir / "log"));
  trainer.train();
  CHECK(trainer.progress().examples == 4 + 9);
  trainer.logger().flush();
  CHECK_CONTAINS(thexp::read_file(dir / "log"), "1 of them are trained again");
}

TEST_CASE("S5 training longer needs no permission") {
  TempDir dir;
  begin_run(dir, 2);
  CHECK(Resumed(dir, {"--epoch=4"}).train() == 4);
  CHECK(Resumed(dir, {"--epoch=4"}).train() == 4);
  CHECK_CONTAINS(Resumed(dir, {"--epoch=3"}).refusal(), "epoch: 4 -> 3");
  CHECK_CONTAINS(Resumed(dir, {"--epoch=3", "--allow=params"}).refusal(),
                 "--epoch=3: 4 epochs are finished");
}

TEST_CASE("S5 more epochs count from a completed training, not from a kill") {
  TempDir dir;
  begin_run(dir, 2);
  {
    Resumed more(dir, {"--epoch=+2"});
    more.trainer.on_train_batch = [&](const thexp::Batch&) {
      more.trainer.interrupt("a kill");
    };
    CHECK(more.train() == 2);
  }
  CHECK(Resumed(dir, {"--epoch=+2"}).train() == 4);
  CHECK(Resumed(dir, {"--epoch=+2"}).train() == 6);
}

TEST_CASE("auto_resume goes on with a run that was killed, to train longer") {
  TempDir dir;
  fs::path run = begin_run(dir, 2, 1);
  ToyParams params(dir);
  params.epoch = 3;
  params.auto_resume = true;
  ToyTrainer trainer(params);
  trainer.train();
  CHECK(trainer.run_folder() == run);
  CHECK(trainer.progress().epoch == 3);
}

TEST_CASE("a resume takes what is not given from the run") {
  TempDir dir;
  ToyParams first(dir);
  first.seed = 7;
  first.determinism = "strict";
  {
    ToyTrainer trainer(first);
    trainer.train_steps(1);
  }
  Resumed again(dir, {});
  again.trainer.setup();
  CHECK(*again.params.seed == 7);
  CHECK(*again.params.determinism == "strict");
}

struct WideParams : ToyParams {
  explicit WideParams(const TempDir& dir) : ToyParams(dir) {}
  thexp::Param<int64_t> width{this, "width", 8, "taken, too"};
};

TEST_CASE("a resume takes every parameter that is not given") {
  TempDir dir;
  {
    WideParams params(dir);
    params.parse_args({"--width=9", "--limit_train_batches=2",
                       "--limit_eval_batches=1", "--optim.lr=0.3"});
    ToyTrainer trainer(params);
    trainer.train_steps(1);
  }
  WideParams again(dir);
  again.parse_args({"--resume"});
  ToyTrainer trainer(again);
  trainer.setup();
  CHECK(*again.width == 9);
  CHECK(again.limit_train_batches.get() == 2);
  CHECK(again.limit_eval_batches.get() == 1);
  CHECK(*again.lr == 0.3);
}

TEST_CASE("where and how things are shown may differ in a resume") {
  TempDir dir;
  fs::path run = begin_run(dir, 2, 1);
  ToyParams params(dir);
  params.exp_name = "another";
  params.log_every = 1;
  params.resume = run.filename().string();
  params.workspace = dir.path().string();
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.run_folder() == run);
}

struct WorkerParams : ToyParams {
  explicit WorkerParams(const TempDir& dir) : ToyParams(dir) {
    may_differ("workers");
  }
  thexp::Param<int64_t> workers{this, "workers", 0, "threads"};
};

TEST_CASE("a program says which of its parameters may differ") {
  TempDir dir;
  WorkerParams first(dir), second(dir);
  {
    ToyTrainer trainer(first);
    trainer.train_steps(1);
  }
  second.workers = 4;
  second.resume = "latest";
  ToyTrainer trainer(second);
  CHECK_NOTHROW(trainer.setup());
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { first.may_differ("worker"); }),
      "may_differ(\"worker\"): no such parameter");
}

TEST_CASE("a hint to allow a change keeps what was allowed already") {
  TempDir dir;
  begin_run(dir, 2, 1);
  Resumed other(dir, {"--optim.lr=0.5", "--allow=data,device"});
  CHECK_CONTAINS(other.refusal(), "--allow=data,device,params continues");
}

TEST_CASE("other parameters for a run without epochs left are an error") {
  TempDir dir;
  begin_run(dir, 2);
  Resumed other(dir, {"--optim.lr=0.5", "--allow=params"});
  std::string message = other.refusal();
  CHECK_CONTAINS(message, "all 2 epochs of");
  CHECK_CONTAINS(message, "--epoch=+N trains N more");
}

// A checkpoint of a program with another text in its place.
void pretend_rebuilt(const fs::path& run) {
  thexp::Saver saver(run);
  thexp::LoadedFile newest = *saver.load_latest();
  newest.state["thexp"]["code"] = thexp::State("program 0, LibTorch 0");
  saver.save_checkpoint(*newest.file.point, newest.state, newest.info);
}

TEST_CASE("a rebuilt program goes on, with a warning and a line in run.json") {
  TempDir dir;
  fs::path run = begin_run(dir, 2, 1);
  pretend_rebuilt(run);
  Resumed again(dir, {});
  again.trainer.logger().add_sink(thexp::make_file_sink(dir / "log"));
  CHECK(again.train() == 2);
  CHECK_CONTAINS(thexp::read_file(dir / "log"),
                 "the program was rebuilt since");
  const thexp::Value rebuilt = thexp::read_run(run).info().at("rebuilt");
  CHECK(rebuilt.as_list()[0].at("step") == thexp::Value(1));
  CHECK(rebuilt.as_list()[0].at("before").as_text() == "program 0, LibTorch 0");
}

struct Named : thexp::Callback {
  explicit Named(std::string name) : name_(std::move(name)) {
    keep("count", count);
  }
  std::string name() const override { return name_; }
  int64_t count = 0;

 private:
  std::string name_;
};

TEST_CASE("a callback added or removed can be allowed") {
  TempDir dir;
  {
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.add_callback<Named>("stays").count = 3;
    trainer.add_callback<Named>("goes");
    trainer.train_steps(1);
  }
  Resumed refused(dir, {}), allowed(dir, {"--allow=callbacks"});
  refused.trainer.add_callback<Named>("stays");
  std::string message =
      message_of<thexp::FormatError>([&] { refused.trainer.setup(); });
  CHECK_CONTAINS(message, "goes");
  CHECK_CONTAINS(message, "--allow=callbacks");
  auto& stays = allowed.trainer.add_callback<Named>("stays");
  allowed.trainer.add_callback<Named>("comes");
  CHECK(allowed.train() == 2);
  CHECK(stays.count == 3);
}

std::map<std::string, std::string> content_of(const fs::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().string()] = thexp::read_file(entry.path());
  }
  return files;
}

TEST_CASE("G3 the same command leaves a completed run as it is") {
  TempDir dir;
  fs::path run = begin_run(dir, 2);
  auto before = content_of(run);
  Resumed again(dir, {});
  again.trainer.with_test = true;
  again.params.allow = "data";
  thexp::TrainResult result = again.trainer.train();
  CHECK(again.trainer.run_folder() == run);
  again.trainer.finish();
  CHECK(result.completed);
  CHECK(content_of(run) == before);
}

TEST_CASE("a completed run is opened when something is recorded") {
  TempDir dir;
  fs::path run = begin_run(dir, 2);
  Resumed again(dir, {});
  again.trainer.train();
  again.trainer.record("eval/margin", 0.5);
  again.trainer.finish();
  CHECK_CONTAINS(thexp::read_file(run / "metrics.jsonl"), "eval/margin");
  CHECK(thexp::read_run(run).status == thexp::RunStatus::kCompleted);
}

TEST_CASE("a fork names the run that it comes from") {
  TempDir dir;
  fs::path run = begin_run(dir, 2);
  ToyParams params(dir);
  fs::path before = fs::current_path();
  fs::current_path(run);
  params.parse_args({"--resume=checkpoints/last.pt", "--epoch=3"});
  ToyTrainer trainer(params);
  trainer.setup();
  trainer.finish();
  fs::current_path(before);
  thexp::RunRecord record = thexp::read_run(trainer.run_folder());
  CHECK(record.parent == "toy/" + run.filename().string());
  fs::path begun = record.info().at("begun_from").as_text();
  CHECK(begun.is_absolute());
  CHECK(fs::exists(begun));
}

TEST_CASE("params.yaml is what a run trains with now; the earlier one stays") {
  TempDir dir;
  fs::path run = begin_run(dir, 2);
  std::string first = thexp::read_file(run / "params.yaml");
  CHECK_CONTAINS(first, "epoch: 2\n");
  Resumed(dir, {"--epoch=3", "--optim.lr=0.5", "--allow=params"}).train();
  std::string now = thexp::read_file(run / "params.yaml");
  CHECK_CONTAINS(now, "epoch: 3\n");
  CHECK_CONTAINS(now, "lr: 0.5\n");
  CHECK_FALSE(thexp_test::contains(now, "resume"));
  CHECK(thexp::read_file(run / "params-until-epoch-2.yaml") == first);
}

// A run whose second epoch is the best of three.
fs::path run_with_best(const TempDir& dir) {
  struct Marks : thexp::Callback {
    void on_epoch_end(thexp::Trainer& trainer) override {
      if (trainer.progress().epoch == 2) trainer.mark_best();
    }
  };
  ToyParams params(dir);
  params.epoch = 3;
  ToyTrainer trainer(params);
  trainer.add_callback<Marks>();
  trainer.train();
  return trainer.run_folder();
}

TEST_CASE("G13 the best checkpoint of a run begins a new one") {
  TempDir dir;
  fs::path run = run_with_best(dir);
  std::string id = run.filename().string();
  for (const std::string& name : {std::string("best"), id + ":best"}) {
    for (const char* phase : {"train", "eval"}) {
      ToyParams params(dir);
      params.parse_args({"--resume=" + name, std::string("--phase=") + phase,
                         "--epoch=3", "--allow=callbacks"});
      ToyTrainer trainer(params);
      trainer.setup();
      CHECK(trainer.progress().epoch == 2);
      CHECK(trainer.run_folder() != run);
      CHECK(thexp::read_run(trainer.run_folder()).parent == "toy/" + id);
      thexp::fs::remove_all(trainer.run_folder() / "checkpoints");
    }
  }
}

TEST_CASE("a run without a best checkpoint says how to get one") {
  TempDir dir;
  begin_run(dir, 2);
  ToyParams params(dir);
  params.resume = "best";
  ToyTrainer trainer(params);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "checkpoint.keep_best");
}

// An evaluation with random numbers of its own.
at::Tensor noisy(const at::Tensor& loss) { return loss + torch::rand({}); }

TEST_CASE("an evaluation's random numbers leave those of training alone") {
  TempDir dir;
  auto next_number = [&](bool evaluates) {
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.change_eval_loss = noisy;
    trainer.train_steps(2);
    if (evaluates) trainer.eval();
    return torch::rand({}).item<double>();
  };
  CHECK(next_number(true) == next_number(false));
}

TEST_CASE("G10 an evaluation of a run repeats the number that was logged") {
  TempDir dir;
  double logged = 0, repeated = 0;
  {
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.change_eval_loss = noisy;
    trainer.train_steps(2);
    trainer.eval();
    logged = trainer.metric("eval/loss");
  }
  ToyParams params(dir);
  params.phase = "eval";
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.change_eval_loss = noisy;
  trainer.eval();
  repeated = trainer.metric("eval/loss");
  CHECK(logged == repeated);
}

TEST_CASE("what was recorded after the newest checkpoint is in the next") {
  TempDir dir;
  fs::path run;
  {
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.train_steps(4);
    trainer.record("eval/margin", 0.5);
    run = trainer.run_folder();
    trainer.finish();
  }
  Resumed again(dir, {});
  again.trainer.train_steps(1);
  again.trainer.finish();
  CHECK_CONTAINS(thexp::read_file(run / "metrics.jsonl"), "eval/margin");
}

TEST_CASE("run.json has the evaluation that came last") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.train_steps(4);
  trainer.eval();
  trainer.finish();
  thexp::Value metrics = thexp::read_run(trainer.run_folder()).metrics();
  CHECK(metrics.at("eval/loss").at("value").as_real() ==
        trainer.metric("eval/loss"));
}

}  // namespace
