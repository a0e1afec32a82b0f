// What a failing disk does to training, by checkpoint.on_error.
#include "thexp/base/error.h"
#include "thexp/callbacks/record_callback.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/run_record.h"
#include "toy_trainer.h"
// LibTorch's headers come first
#include "catch.h"
#include "failing_disk.h"

namespace {

using thexp::FileError;
using thexp::fs::path;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using thexp_test::failing_disk::Plan;
using thexp_test::failing_disk::set;

constexpr int64_t kSteps = 12;  // of four epochs

// Four epochs; `event` happens before the batch of a step.
struct Toy {
  Toy(const TempDir& dir, const std::string& on_error) : params(dir) {
    params.epoch = 4;
    params.checkpoint_on_error = on_error;
    trainer.emplace(params);
    trainer->add_callback<thexp::RecordCallback>();
    trainer->on_train_batch = [this](const thexp::Batch&) {
      if (trainer->progress().step != event_step) return;
      trainer->flush_checkpoints();
      event();
    };
  }

  path run() { return trainer->run_folder(); }
  std::vector<int64_t> saved_epochs() {
    std::vector<int64_t> epochs;
    for (const auto& file : trainer->saver().find_checkpoints()) {
      epochs.push_back(file.point->number);
    }
    return epochs;
  }
  int64_t newest_step() {
    auto files = trainer->saver().find_checkpoints();
    return files.empty() ? 0 : files.back().info().at("step").as_integer();
  }
  std::string log() { return thexp::read_file(run() / "console.log"); }

  ToyParams params;
  std::optional<ToyTrainer> trainer;
  int64_t event_step = 4;
  std::function<void()> event = [] {};
};

at::Tensor weight_in_peace() {
  TempDir dir;
  Toy toy(dir, "stop");
  toy.trainer->train();
  return toy.trainer->net->weight.detach().clone();
}

TEST_CASE("stop: a full disk ends training; the checkpoint before is whole") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "stop");
  toy.event = [] { set("write checkpoints 1+ ENOSPC"); };
  std::string message = message_of<FileError>([&] { toy.trainer->train(); });
  set("");
  CHECK_CONTAINS(message, "checkpoint-000002-epoch-2.pt");
  CHECK_CONTAINS(message, "No space left on device (errno 28)");
  CHECK(toy.newest_step() == 3);
  CHECK(toy.trainer->saver().load_latest()->skipped.empty());
  auto record = thexp::read_run(toy.run());
  CHECK(record.status == thexp::RunStatus::kFailed);
  CHECK(record.failure == message);
}

TEST_CASE("stop: a disk that failed for once still gets the last steps") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "stop");
  toy.event = [] { set("write checkpoints 1 EIO"); };
  CHECK_CONTAINS(message_of<FileError>([&] { toy.trainer->train(); }),
                 "(errno 5)");
  CHECK(toy.newest_step() == toy.trainer->progress().step);
  CHECK_CONTAINS(toy.log(),
                 " | ERROR | a checkpoint cannot be saved | the "
                 "newest is " +
                     toy.run().string());
}

TEST_CASE("warn: training goes on, and what failed is said once a time") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "warn");
  toy.event = [] { set("write checkpoints 1 ENOSPC"); };
  CHECK(toy.trainer->train().completed);
  toy.trainer->finish();
  CHECK(torch::equal(toy.trainer->net->weight, weight_in_peace()));
  CHECK(toy.newest_step() == kSteps);
  CHECK_CONTAINS(toy.log(), "saving a checkpoint failed; training goes on");
  CHECK_CONTAINS(toy.log(), "No space left on device (errno 28)");
  CHECK_CONTAINS(toy.log(), " | the newest is " + toy.run().string() +
                                "/checkpoints/checkpoint-");
  CHECK(thexp::read_run(toy.run()).status == thexp::RunStatus::kCompleted);
}

TEST_CASE("warn: one failure does not take the next checkpoint with it") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "warn");
  toy.event = [] { set("write checkpoints 1 ENOSPC"); };
  toy.trainer->train();
  CHECK(toy.saved_epochs() == std::vector<int64_t>{1, 3, 4});
}

// Which of four epochs are on the disk when the first one's write is slow.
std::vector<int64_t> saved_on_slow_disk(const std::string& when_busy) {
  TempDir dir;
  Plan slow("fsync checkpoints 1 delay:500");
  Toy toy(dir, "stop");
  toy.event_step = -1;  // it would wait for the disk
  toy.params.checkpoint_keep = 10;
  toy.params.checkpoint_when_busy = when_busy;
  toy.trainer->train();
  return toy.saved_epochs();
}

TEST_CASE("checkpoint.when_busy: on a slow disk training waits, or replaces") {
  CHECK(saved_on_slow_disk("wait") == std::vector<int64_t>{1, 2, 3, 4});
  std::vector<int64_t> some = saved_on_slow_disk("replace");
  CHECK(some.size() < 4);
  CHECK(some.back() == 4);
}

TEST_CASE("warn: the last checkpoint, when it failed, is tried again") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "warn");
  toy.event_step = kSteps - 1;
  toy.event = [] { set("fsync checkpoints 1 EIO"); };
  CHECK(toy.trainer->train().completed);
  CHECK(toy.newest_step() == kSteps);
}

struct MarksTheLast : thexp::Callback {
  void on_epoch_end(thexp::Trainer& trainer) override {
    if (trainer.progress().step == kSteps) trainer.mark_best();
  }
};

TEST_CASE("warn: tried again, the last checkpoint is still the best") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "warn");
  toy.trainer->add_callback<MarksTheLast>();
  toy.event_step = kSteps - 1;
  toy.event = [] { set("fsync checkpoints 1 EIO"); };
  CHECK(toy.trainer->train().completed);
  auto best = toy.trainer->saver().find_best();
  REQUIRE(best);
  CHECK(best->info().at("step").as_integer() == kSteps);
}

struct MarksTheSecond : thexp::Callback {
  void on_epoch_end(thexp::Trainer& trainer) override {
    if (trainer.progress().epoch == 2) trainer.mark_best();
  }
};

// Where a file system has no links: symbolic ones, or neither kind.
TEST_CASE("without links training, retention and resume work, and are quiet") {
  for (const char* plan :
       {"symlink / 1+ EPERM", "symlink / 1+ EPERM;link / 1+ EPERM"}) {
    TempDir dir;
    Plan none(plan);
    Toy toy(dir, "stop");
    toy.params.checkpoint_keep = 1;
    toy.trainer->add_callback<MarksTheSecond>();
    CHECK(toy.trainer->train().completed);
    CHECK(toy.saved_epochs() == std::vector<int64_t>{2, 4});
    CHECK(toy.trainer->saver().find_best()->point->number == 2);
    path run = toy.run();
    thexp::Saver saver(run);
    auto epoch_in = [&](const char* name) {
      return thexp::load_pt(run / name)
          .at_path({"thexp", "progress", "epoch"})
          .as_integer();
    };
    CHECK(epoch_in("checkpoints/last.pt") == 4);
    CHECK(epoch_in("checkpoints/best.pt") == 2);
    CHECK(thexp::equal(thexp::load_pt(run / "models" / "net.pt"),
                       saver.load_latest()->state.at("net")));
    CHECK(thexp::equal(thexp::load_pt(run / "models" / "best" / "net.pt"),
                       saver.load_checkpoint(2).state.at("net")));
    toy.trainer->finish();
    toy.trainer.reset();
    ToyParams params(dir);
    params.epoch = 4;
    params.resume = "latest";
    ToyTrainer resumed(params);
    resumed.add_callback<thexp::RecordCallback>();
    resumed.add_callback<MarksTheSecond>();
    resumed.setup();
    CHECK(resumed.progress().epoch == 4);
    CHECK(resumed.saver().find_best()->point->number == 2);
  }
}

TEST_CASE("warn: metrics that could not be written are not lost") {
  TempDir dir;
  Plan none("");
  Toy toy(dir, "warn");
  toy.event = [] { set("write metrics.jsonl 1 ENOSPC"); };
  CHECK(toy.trainer->train().completed);
  toy.trainer->finish();
  auto metrics = thexp::read_metrics(toy.run() / "metrics.jsonl");
  const auto* loss = metrics.find("train/loss");
  REQUIRE(loss != nullptr);
  CHECK(loss->points.size() == 4);
  CHECK(toy.newest_step() == kSteps);
}

TEST_CASE("a run folder that vanishes is not made anew behind one's back") {
  TempDir dir;
  Toy toy(dir, "stop");
  path run = toy.run(), away = dir / "away";
  toy.event = [&] { thexp::fs::rename(run, away); };
  std::string message = message_of<FileError>([&] { toy.trainer->train(); });
  CHECK_CONTAINS(message, run.string());
  CHECK_CONTAINS(message, "(errno 2)");
  toy.trainer.reset();
  CHECK_FALSE(thexp::fs::exists(run));
  CHECK(thexp::Saver(away).load_latest()->info.at("step").as_integer() == 3);
}

TEST_CASE("warn: without its folder a run goes on, and cannot be closed") {
  TempDir dir;
  Toy toy(dir, "warn");
  path run = toy.run();
  toy.event = [&] { thexp::fs::rename(run, dir / "away"); };
  CHECK(toy.trainer->train().completed);
  CHECK(torch::equal(toy.trainer->net->weight, weight_in_peace()));
  CHECK(thexp::fs::exists(run / "models" / "net.pt"));
  CHECK_CONTAINS(message_of<FileError>([&] { toy.trainer->finish(); }),
                 "cannot write into '" + run.string());
}

TEST_CASE("train() returns when every checkpoint is on the disk") {
  TempDir dir;
  Plan slow("fsync checkpoints 1+ delay:20");
  Toy toy(dir, "stop");
  toy.trainer->train_steps(kSteps);
  CHECK(toy.newest_step() == kSteps);
}

TEST_CASE("a run that fails is recorded when its checkpoint is whole") {
  TempDir dir;
  Plan slow("fsync checkpoints 1 delay:300");
  Toy toy(dir, "stop");
  toy.event_step = -1;
  toy.trainer->on_train_batch = [&](const thexp::Batch&) {
    if (toy.trainer->progress().step == 3) throw std::runtime_error("broken");
  };
  CHECK_THROWS_AS(toy.trainer->train(), std::runtime_error);
  CHECK(toy.saved_epochs() == std::vector<int64_t>{1});
  CHECK(thexp::read_run(toy.run()).failure == "broken");
}

}  // namespace
