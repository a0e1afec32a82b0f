#include "thexp/callbacks/exception_save.h"

#include <torch/nn/modules/batchnorm.h>

#include <stdexcept>

#include "callbacks_support.h"
#include "catch.h"
#include "recorder.h"

namespace {

using thexp::ExceptionSave;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A toy with momentum, batch norm, random numbers and a kept count in every
// batch; step 4 breaks in one of several places.
struct Breaking {
  enum class Where { kNever, kBefore, kUpdate, kAfter };

  Breaking(const TempDir& dir, Where where) : params(dir), trainer(params) {
    params.epoch = 3;
    trainer.keep("batches", batches);
    trainer.on_models = [this](ToyTrainer& toy) {
      norm = toy.add_model("norm", torch::nn::BatchNorm1d(2));
      for (auto& group : toy.optim->param_groups()) {
        static_cast<torch::optim::SGDOptions&>(group.options()).momentum(0.9);
      }
    };
    trainer.on_train_batch = [this, where](const thexp::Batch& batch) {
      norm->forward(batch[0] + torch::rand({1}, batch[0].options()));
      ++batches;
      break_in(Where::kBefore, where);
    };
    auto& probe = trainer.add_callback<Probe>();
    probe.at_update_begin = [this, where](thexp::OptimizerSlot&) {
      break_in(Where::kUpdate, where);
    };
    probe.at_update_end = [this, where](thexp::OptimizerSlot&) {
      break_in(Where::kAfter, where);
    };
    trainer.add_callback<ExceptionSave>();
  }

  void break_in(Where here, Where where) const {
    bool now = trainer.progress().step == 4 && here == where;
    if (now) throw std::out_of_range("no such key");
  }

  ToyParams params;
  ToyTrainer trainer;
  torch::nn::BatchNorm1d norm{nullptr};
  int64_t batches = 0;
};

using Where = Breaking::Where;

// Without what differs between two runs in one program, of which one ended.
thexp::State computed(thexp::State state) {
  state["thexp"]["files"] = thexp::State();
  state["thexp"]["loop"]["ended"] = false;
  return state;
}

TEST_CASE("T20 ExceptionSave keeps the last whole step when a batch breaks") {
  TempDir dir;
  Breaking whole(dir, Where::kNever);
  whole.trainer.train_steps(4);
  thexp::State expected = computed(whole.trainer.state().clone());
  whole.trainer.train();
  for (Where where : {Where::kBefore, Where::kUpdate, Where::kAfter}) {
    Breaking run(dir, where), second(dir, Where::kNever);
    CHECK(message_of<std::out_of_range>([&] { run.trainer.train(); }) ==
          "no such key");
    thexp::LoadedFile saved = run.trainer.saver().load_keypoint(1);
    INFO("where " << static_cast<int>(where));
    CHECK(thexp::first_difference(computed(saved.state), expected) == "");
    CHECK(saved.info.at("exception").as_text() == "no such key");
    CHECK(saved.info.at("exception_type").as_text() == "std::out_of_range");
    CHECK(saved.info.at("step").as_integer() == 4);
    CHECK_CONTAINS(
        thexp_test::log_of(run.trainer),
        "the last whole step is saved | " + saved.file.path.string());
    second.trainer.load_state(saved.state);
    second.trainer.train();
    CHECK(thexp::first_difference(computed(second.trainer.state()),
                                  computed(whole.trainer.state())) == "");
  }
}

TEST_CASE("ExceptionSave keeps what was frozen before the batch that broke") {
  TempDir dir;
  Breaking whole(dir, Where::kNever), run(dir, Where::kNever);
  whole.trainer.train_steps(4);
  thexp::State expected = computed(whole.trainer.state().clone());
  run.trainer.change_train_loss = [&](const at::Tensor& loss) {
    if (run.trainer.progress().step < 4) return loss;
    run.trainer.net->weight.set_requires_grad(false);
    run.norm->eval();
    throw std::runtime_error("boom");
  };
  CHECK_THROWS_AS(run.trainer.train(), std::runtime_error);
  thexp::State saved = run.trainer.saver().load_keypoint(1).state;
  CHECK(saved.at("thexp").find("flags") != nullptr);
  CHECK(thexp::first_difference(computed(saved), expected) == "");
}

TEST_CASE("ExceptionSave keeps an open accumulation window") {
  TempDir dir;
  Breaking whole(dir, Where::kNever), run(dir, Where::kNever);
  for (Breaking* each : {&whole, &run}) each->params.accumulate = 2;
  run.trainer.change_train_loss = [&](const at::Tensor& loss) {
    if (run.trainer.progress().step == 4) throw std::runtime_error("boom");
    return loss;
  };
  whole.trainer.train_steps(4);  // one batch into the window
  thexp::State expected = computed(whole.trainer.state().clone());
  CHECK_THROWS_AS(run.trainer.train(), std::runtime_error);
  CHECK(thexp::first_difference(
            computed(run.trainer.saver().load_keypoint(1).state), expected) ==
        "");
}

TEST_CASE("a step that a later hook breaks is whole") {
  TempDir dir;
  Breaking run(dir, Where::kNever);
  run.trainer.find_callback<Probe>()->at_batch_end = [](thexp::Trainer& at) {
    if (at.progress().step == 2) throw std::runtime_error("boom");
  };
  CHECK_THROWS_AS(run.trainer.train(), std::runtime_error);
  thexp::LoadedFile saved = run.trainer.saver().load_keypoint(0);
  CHECK(saved.info.at("step").as_integer() == 2);
  CHECK(torch::equal(saved.state.at_path({"net", "weight"}).as_tensor(),
                     run.trainer.net->weight.cpu()));
}

TEST_CASE("an exception that a callback takes upon itself saves nothing") {
  TempDir dir;
  Breaking run(dir, Where::kBefore);
  std::vector<std::string> lines;
  run.trainer.add_callback<thexp_test::Recorder>("r", lines).answer =
      thexp::ExceptionAction::kSkipBatch;
  CHECK(run.trainer.train().completed);
  CHECK(run.trainer.saver().find_keypoints().empty());
}

TEST_CASE("ExceptionSave has nothing to save of the first step") {
  TempDir dir;
  Breaking run(dir, Where::kNever);
  run.trainer.on_train_batch = [](const thexp::Batch&) {
    throw std::runtime_error("boom");
  };
  CHECK_THROWS_AS(run.trainer.train(), std::runtime_error);
  CHECK(run.trainer.saver().find_keypoints().empty());
}

TEST_CASE("T20 a save that fails does not hide the exception") {
  TempDir dir;
  Breaking run(dir, Where::kAfter);
  run.trainer.setup();
  // A file where the folder should be.
  thexp::fs::path folder = run.trainer.run_folder() / "keypoints";
  thexp::fs::remove_all(folder);
  thexp::write_file_atomic(folder, "");
  CHECK(message_of<std::out_of_range>([&] { run.trainer.train(); }) ==
        "no such key");
  CHECK_CONTAINS(thexp_test::log_of(run.trainer), "ExceptionSave failed, too");
  std::string record = thexp::read_file(run.trainer.run_folder() / "run.json");
  CHECK_CONTAINS(record, "no such key");
}

}  // namespace
