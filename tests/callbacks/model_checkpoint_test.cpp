#include "thexp/callbacks/model_checkpoint.h"

#include "callbacks_support.h"
#include "catch.h"
#include "recorder.h"
#include "thexp/callbacks/eval_callback.h"

namespace {

using thexp::EvalCallback;
using thexp::Mode;
using thexp::ModelCheckpoint;
using thexp_test::message_of;
using thexp_test::script;
using thexp_test::set_epochs;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Epochs = std::vector<int64_t>;

// A trainer with these evaluation losses, one an epoch.
struct Watched {
  Watched(const TempDir& dir,
          std::vector<double> losses,
          int64_t checkpoint_every,
          int64_t keep,
          Mode mode = Mode::kMin,
          int64_t keep_best = 1)
      : params(dir), trainer(params) {
    set_epochs(params, static_cast<int64_t>(losses.size()));
    params.checkpoint_every = checkpoint_every;
    params.checkpoint_keep = keep;
    trainer.change_eval_loss = script(std::move(losses));
    trainer.add_callback<ModelCheckpoint>("eval/loss", mode, keep_best);
  }

  Epochs saved() {
    Epochs epochs;
    for (const auto& file : trainer.saver().find_checkpoints()) {
      epochs.push_back(file.point->number);
    }
    return epochs;
  }
  thexp::SavedFile best() {
    auto found = trainer.saver().find_best();
    REQUIRE(found);
    return *found;
  }

  ToyParams params;
  ToyTrainer trainer;
};

TEST_CASE("T20 ModelCheckpoint saves when the metric improves, only then") {
  TempDir dir;
  Watched run(dir, {3, 2, 4, 2, 1, 5}, 0, 10);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{1, 2, 5});
  CHECK(run.best().point->number == 5);
  CHECK(run.trainer.find_callback<ModelCheckpoint>()->best() == 1);
  thexp::Value info = run.best().info();
  CHECK(info.at("metrics").at("eval/loss").as_real() == 1);
  CHECK(info.at("step").as_integer() == 5);
  CHECK_CONTAINS(thexp_test::log_of(run.trainer),
                 "eval/loss improved from 2 to 1");
}

TEST_CASE("the average of half an epoch is not the best") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  auto& watched = trainer.add_callback<ModelCheckpoint>("train/loss");
  trainer.train_steps(3);
  double best = watched.best();
  trainer.change_train_loss = [](const at::Tensor& loss) { return loss * 0; };
  trainer.train_steps(1);
  CHECK(watched.best() == best);
  trainer.train_steps(2);
  CHECK(watched.best() == 0);
}

TEST_CASE("ModelCheckpoint tells a small improvement in more digits") {
  TempDir dir;
  Watched run(dir, {2.00001, 2}, 0, 10);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK_CONTAINS(thexp_test::log_of(run.trainer),
                 "eval/loss improved from 2.00001 to 2\n");
}

TEST_CASE("an average that differs by rounding is not a better one") {
  TempDir dir;
  Watched run(dir, {0.979166, 0.9791664, 0.9791666, 0.98}, 1, 1, Mode::kMax);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  std::string log = thexp_test::log_of(run.trainer);
  CHECK_CONTAINS(log, "eval/loss improved from 0.9792 to 0.98");
  CHECK_FALSE(thexp_test::contains(log, "from 0.97916"));
  CHECK(run.best().point->number == 4);
}

TEST_CASE("T20 ModelCheckpoint with more being better") {
  TempDir dir;
  Watched run(dir, {0.5, 0.4, 0.9, 0.8}, 0, 10, Mode::kMax);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{1, 3});
  CHECK(run.best().point->number == 3);
}

TEST_CASE("the best checkpoint is never pruned") {
  TempDir dir;
  Watched run(dir, {3, 1, 4, 4, 4}, 1, 1);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{2, 5});
  CHECK(run.best().point->number == 2);
  thexp::State best = run.trainer.saver().load_checkpoint(2).state;
  CHECK(best.at_path({"thexp", "progress", "epoch"}).as_integer() == 2);
}

TEST_CASE("the former best is pruned when training ends with a better one") {
  for (int64_t every : {0, 1}) {
    TempDir dir;
    Watched run(dir, {3, 4, 4, 1}, every, 1);
    run.trainer.add_callback<EvalCallback>();
    run.trainer.train();
    CHECK(run.saved() == Epochs{4});
  }
}

TEST_CASE("T20 ModelCheckpoint keeps the k best, whatever checkpoint.keep") {
  TempDir dir;
  Watched run(dir, {3, 1, 5, 2, 4, 6}, 1, 1, Mode::kMin, 3);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{1, 2, 4, 6});  // and the newest
  CHECK(run.best().point->number == 2);
}

TEST_CASE("T20 ModelCheckpoint saves what enters the k best") {
  TempDir dir;
  Watched run(dir, {3, 1, 2, 5, 2, 0, std::nan("")}, 0, 1, Mode::kMin, 2);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{2, 6});
  CHECK(run.trainer.progress().epoch == 7);
}

TEST_CASE("the k best of before count after a resume") {
  TempDir dir;
  Watched first(dir, {0.2, 0.4}, 1, 3, Mode::kMax, 2);
  Watched second(dir, {0.3, 0.1, 0, 0}, 0, 3, Mode::kMax, 2);
  first.trainer.add_callback<EvalCallback>();
  second.trainer.add_callback<EvalCallback>();
  first.trainer.train();
  second.trainer.load_state(first.trainer.saver().load_latest()->state);
  second.trainer.train();
  CHECK(first.saved() == Epochs{1, 2});
  CHECK(second.saved() == Epochs{3});
}

TEST_CASE("ModelCheckpoint keeps at least one") {
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { ModelCheckpoint("eval/loss", Mode::kMin, 0); }),
                 "keep=0");
}

TEST_CASE("the trainer does not write the checkpoint of that step again") {
  TempDir dir;
  Watched run(dir, {3, 4, 1}, 1, 10);
  std::vector<std::string> lines;
  run.trainer.add_callback<thexp_test::Recorder>("r", lines);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(std::count(lines.begin(), lines.end(), "r save") == 3);
  CHECK(run.saved() == Epochs{1, 2, 3});
}

TEST_CASE("an old evaluation does not count as an improvement") {
  TempDir dir;
  Watched run(dir, {3, 2, 1, 0, 0, 0}, 0, 10);
  run.trainer.add_callback<EvalCallback>(3);
  run.trainer.train();
  CHECK(run.saved() == Epochs{3, 6});
}

TEST_CASE("the evaluation of a missed last epoch counts") {
  TempDir dir;
  for (int64_t every : {0, 1}) {  // saved before it was evaluated, too
    Watched run(dir, {3, 2, 1}, every, 10);
    run.trainer.add_callback<EvalCallback>(2);
    run.trainer.train();
    CHECK(run.best().point->number == 3);
    CHECK(run.best().info().at("metrics").at("eval/loss").as_real() == 2);
  }
}

TEST_CASE("NaN is never the best") {
  TempDir dir;
  Watched run(dir, {std::nan(""), 2, std::nan("")}, 0, 10);
  run.trainer.add_callback<EvalCallback>();
  run.trainer.train();
  CHECK(run.saved() == Epochs{2});
}

TEST_CASE("the best value survives a checkpoint") {
  TempDir dir;
  Watched first(dir, {3, 2}, 1, 3), second(dir, {2.5, 2.5, 2.5}, 0, 3);
  first.trainer.add_callback<EvalCallback>();
  second.trainer.add_callback<EvalCallback>();
  first.trainer.train();
  second.trainer.load_state(first.trainer.saver().load_latest()->state);
  second.trainer.train();
  CHECK(second.trainer.progress().epoch == 3);
  CHECK_FALSE(second.trainer.saver().find_best());
}

}  // namespace
