#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/state/module_state.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/run_record.h"
#include "toy_trainer.h"

namespace {

using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Epochs = std::vector<int64_t>;

// The losses of the evaluations after each epoch.
struct Evaluated : ToyTrainer {
  Evaluated(ToyParams& params, std::vector<double> losses)
      : ToyTrainer(params) {
    struct EachEpoch : thexp::Callback {
      void on_epoch_end(thexp::Trainer& trainer) override { trainer.eval(); }
    };
    add_callback<EachEpoch>();
    params.epoch = static_cast<int64_t>(losses.size());
    params.batch_size = 12;  // one step an epoch, one batch an evaluation
    change_eval_loss = [this, losses](const at::Tensor& loss) {
      return at::full_like(
          loss, losses[static_cast<std::size_t>(progress().epoch) - 1]);
    };
  }

  Epochs kept() {
    Epochs epochs;
    for (const auto& file : saver().find_checkpoints()) {
      epochs.push_back(file.point->number);
    }
    return epochs;
  }
};

TEST_CASE("the newest, every m-th and the best checkpoints are kept") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep = 1;
  params.checkpoint_keep_every = 4;
  params.checkpoint_keep_best = 2;
  params.checkpoint_best_metric = "eval/loss";
  Evaluated trainer(params, {9, 1, 8, 7, 2, 6, 5, 4, 3.5, 3});
  trainer.train();
  CHECK(trainer.kept() == Epochs{2, 4, 5, 8, 10});
}

thexp::State net_in(const thexp::fs::path& checkpoint) {
  return thexp::load_pt(checkpoint).at("net");
}

TEST_CASE("G13 checkpoint.keep_best marks the best, and its weights are kept") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep = 1;
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "eval/loss";
  Evaluated trainer(params, {9, 1, 8, 7});
  trainer.train();
  auto best = trainer.saver().find_best();
  REQUIRE(best);
  CHECK(best->point->number == 2);
  CHECK(trainer.kept() == Epochs{2, 4});
  thexp::fs::path models = trainer.active_run().models();
  thexp::State weights = thexp::load_pt(models / "best" / "net.pt");
  CHECK(thexp::equal(weights, net_in(best->path)));
  CHECK_FALSE(thexp::equal(weights, thexp::load_pt(models / "net.pt")));
  thexp::load_module_state(*trainer.net, weights);  // under its own names
}

TEST_CASE("the best weights stay when models are saved again and cleared") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "eval/loss";
  Evaluated trainer(params, {1, 2});
  trainer.train();
  trainer.save_models();
  trainer.saver().clear_models();
  thexp::fs::path models = trainer.active_run().models();
  CHECK(thexp::fs::exists(models / "best" / "net.pt"));
  CHECK_FALSE(thexp::fs::exists(models / "net.pt"));
}

TEST_CASE("without a best checkpoint there are no best weights") {
  TempDir dir;
  ToyParams params(dir);
  Evaluated trainer(params, {2, 1});
  trainer.train();
  CHECK_FALSE(thexp::fs::exists(trainer.active_run().models() / "best"));
}

TEST_CASE("a damaged best checkpoint is said, and training ends in order") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "eval/loss";
  Evaluated trainer(params, {1, 2, 3});
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().epoch != 2) return;
    trainer.flush_checkpoints();
    thexp::cut_file(trainer.saver().find_best()->path, 100);
  };
  CHECK(trainer.train().completed);
  trainer.finish();
  CHECK_CONTAINS(thexp::read_file(trainer.active_run().console_log()),
                 "the best weights are not in models/best");
}

TEST_CASE("more may be better") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep = 1;
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "eval/loss";
  params.checkpoint_best_mode = "max";
  Evaluated trainer(params, {1, 3, 2, 1});
  trainer.train();
  CHECK(trainer.kept() == Epochs{2, 4});
}

TEST_CASE("a checkpoint within an epoch has no evaluation of earlier weights") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_every_steps = 1;
  params.checkpoint_keep = 10;
  Evaluated trainer(params, {5, 4});
  params.batch_size = 6;  // two steps an epoch
  trainer.train();
  std::vector<bool> evaluated;
  for (const auto& file : trainer.saver().find_checkpoints()) {
    const thexp::Value metrics = file.info().at("metrics");
    CHECK(metrics.find("train/loss") != nullptr);
    evaluated.push_back(metrics.find("eval/loss") != nullptr);
  }
  CHECK(evaluated == std::vector<bool>{false, true, false, true});
}

TEST_CASE("the best by no metric, or by an unknown one, is an error") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep_best = 2;
  ToyTrainer without(params);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { without.setup(); }),
                 "Say checkpoint.best_metric, such as eval/loss");
  ToyParams wrong(dir);
  wrong.checkpoint_keep_best = 2;
  wrong.checkpoint_best_metric = "eval/lost";
  Evaluated trainer(wrong, {1, 2});
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "there is no metric 'eval/lost' (there are: train/loss");
  CHECK(trainer.kept() == Epochs{1});  // the epoch is not lost
  ToyParams of_test(dir);
  of_test.checkpoint_keep_best = 2;
  of_test.checkpoint_best_metric = "test/loss";
  ToyTrainer untested(of_test);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { untested.setup(); }),
                 "checkpoint.best_metric=test/loss: there is no test data");
}

TEST_CASE("fail() records the run as failed, once") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.setup();
  trainer.fail(std::runtime_error("out of paper"));
  trainer.fail(std::runtime_error("second"));
  auto record = thexp::read_run(trainer.run_folder());
  CHECK(record.status == thexp::RunStatus::kFailed);
  CHECK(record.failure == "out of paper");
}

// The state of the first epoch cannot be had.
struct FailsOnce : thexp::Callback {
  void on_save(thexp::Trainer& trainer, thexp::State&) override {
    if (trainer.progress().epoch == 1) throw thexp::FileError("no");
  }
};

struct MarksFirst : thexp::Callback {
  void on_epoch_end(thexp::Trainer& trainer) override {
    if (trainer.progress().epoch == 1) trainer.mark_best();
  }
};

TEST_CASE("the mark of a checkpoint that failed is not another's") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_on_error = "warn";
  Evaluated trainer(params, {1, 2, 3});
  trainer.add_callback<FailsOnce>();
  trainer.add_callback<MarksFirst>();
  trainer.train();
  CHECK(trainer.kept() == Epochs{2, 3});
  CHECK_FALSE(trainer.saver().find_best());
}

TEST_CASE("a request within an epoch is of its own step") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.checkpoint_every = 0;
  params.checkpoint_every_steps = 1;
  params.checkpoint_keep = 10;
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == 0) trainer.mark_best();
  };
  trainer.train();
  auto best = trainer.saver().find_best();
  REQUIRE(best);
  CHECK(best->info().at("step").as_integer() == 1);
  CHECK(trainer.saver().find_checkpoints().size() == 3);
}

TEST_CASE("checkpoint.best_metric must be able to exist") {
  TempDir dir;
  ToyParams params(dir);
  params.checkpoint_keep_best = 1;
  params.checkpoint_best_metric = "loss";
  ToyTrainer trainer(params);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "checkpoint.best_metric=loss");
}

}  // namespace
