#include <memory>

#include "catch.h"
#include "recorder.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "toy_trainer.h"

namespace {

using thexp_test::Recorder;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Lines = std::vector<std::string>;

// Evaluates at an epoch's end, as EvalCallback does.
struct Evaluate : thexp::Callback {
  int priority() const override { return kEvaluate; }
  void on_epoch_end(thexp::Trainer& trainer) override { trainer.eval(); }
};

TEST_CASE("T18 hooks run in one fixed order") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 2;
  params.batch_size = 6;
  ToyTrainer trainer(params);
  Lines lines;
  trainer.add_callback<Recorder>("r", lines);
  trainer.add_callback<Evaluate>();
  trainer.train();
  const Lines expected = {
      "r train_begin",  "r epoch_begin 0", "r batch_begin 0", "r update_begin",
      "r update_end",   "r batch_end 1",   "r batch_begin 1", "r update_begin",
      "r update_end",   "r batch_end 2",   "r eval_begin",    "r eval_end",
      "r epoch_end 1",  "r save",          "r epoch_begin 1", "r batch_begin 0",
      "r update_begin", "r update_end",    "r batch_end 1",   "r batch_begin 1",
      "r update_begin", "r update_end",    "r batch_end 2",   "r eval_begin",
      "r eval_end",     "r epoch_end 2",   "r save",          "r train_end",
      "r train_saved",  "r save_models"};
  CHECK(lines == expected);
}

// Evaluates and tests at an epoch's end.
struct EvaluateAndTest : Evaluate {
  void on_epoch_end(thexp::Trainer& trainer) override {
    trainer.eval();
    trainer.test();
  }
};

TEST_CASE("T18 hooks of a resumed run, with its test and its prediction") {
  TempDir dir;
  Lines lines;
  auto train = [&](const std::string& resume, auto&& act) {
    ToyParams params(dir);
    params.batch_size = 12;
    params.resume = resume;
    ToyTrainer trainer(params);
    trainer.with_test = trainer.with_predict = true;
    trainer.add_callback<Recorder>("r", lines);
    trainer.add_callback<EvaluateAndTest>();
    act(trainer);
  };
  train("", [](ToyTrainer& trainer) { trainer.train_epoch(); });
  lines.clear();
  train("latest", [](ToyTrainer& trainer) {
    trainer.train();
    trainer.predict();
  });
  const Lines expected = {
      "r load",          "r train_begin", "r epoch_begin 1", "r batch_begin 0",
      "r update_begin",  "r update_end",  "r batch_end 1",   "r eval_begin",
      "r eval_end",      "r test_begin",  "r test_end",      "r epoch_end 2",
      "r save",          "r train_end",   "r train_saved",   "r save_models",
      "r predict_begin", "r predict_end"};
  CHECK(lines == expected);
}

TEST_CASE(
    "T18 lower priority runs first, at begin and at end; ties by adding") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.batch_size = 12;
  ToyTrainer trainer(params);
  Lines lines;
  trainer.add_callback<Recorder>("late", lines, 90);
  trainer.add_callback<Recorder>("first", lines, 1);
  trainer.add_callback<Recorder>("tie", lines, 90);
  trainer.train();
  Lines begins, ends;
  for (const std::string& line : lines) {
    if (thexp_test::contains(line, "train_begin")) begins.push_back(line);
    if (thexp_test::contains(line, "train_end")) ends.push_back(line);
  }
  CHECK((begins ==
         Lines{"first train_begin", "late train_begin", "tie train_begin"}));
  CHECK((ends == Lines{"first train_end", "late train_end", "tie train_end"}));
}

TEST_CASE("only overridden hooks are called") {
  struct None : thexp::Callback {};
  struct Two : thexp::Callback {
    void on_train_begin(thexp::Trainer&) override {}
    bool on_update_begin(thexp::Trainer&, thexp::OptimizerSlot&) override {
      return true;
    }
  };
  struct Derived : Two {};
  class Hidden : public thexp::Callback {
    void on_epoch_end(thexp::Trainer&) override {}
  };
  CHECK(thexp::overridden_hooks<None>() == 0u);
  CHECK(thexp::overridden_hooks<Two>() ==
        (thexp::kTrainBegin | thexp::kUpdateBegin));
  CHECK(thexp::overridden_hooks<Derived>() == thexp::overridden_hooks<Two>());
  CHECK((thexp::overridden_hooks<Hidden>() & thexp::kEpochEnd) != 0u);
  CHECK(thexp::overridden_hooks<thexp::Callback>() == thexp::kAllHooks);
}

TEST_CASE("T18 a callback is removed, also while its hook runs") {
  struct Once : thexp::Callback {
    explicit Once(int& calls) : calls(calls) {}
    void on_batch_end(thexp::Trainer& trainer,
                      const thexp::Batch&,
                      const thexp::Meter&) override {
      ++calls;
      trainer.remove_callback(*this);
    }
    int& calls;
  };
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  int calls = 0;
  trainer.add_callback<Once>(calls);
  trainer.train();
  CHECK(calls == 1);
  CHECK(trainer.find_callback<Once>() == nullptr);
}

namespace inner {
template <typename T>
struct Generic : thexp::Callback {};
}  // namespace inner

TEST_CASE("T18 a callback's name is its class's without namespaces") {
  struct Local : thexp::Callback {};
  CHECK(Local().name() == "Local");
  CHECK(inner::Generic<int>().name() == "Generic<int>");
  CHECK(inner::Generic<thexp::Progress>().name() == "Generic<thexp::Progress>");
  CHECK_CONTAINS(inner::Generic<inner::Generic<int>>().name(),
                 "::inner::Generic<int>");
  CHECK(inner::Generic<inner::Generic<int>>().name().rfind("Generic<", 0) == 0);
}

// Keeps one number.
struct Numbered : thexp::Callback {
  explicit Numbered(int64_t number, int priority = kObserve)
      : number(number), priority_(priority) {
    keep("number", this->number);
  }
  int priority() const override { return priority_; }
  int64_t number;

 private:
  int priority_;
};

TEST_CASE("T18 callbacks of one class are told apart by the order of adding") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer trainer(params), second(again);
  auto& one = trainer.add_callback<Numbered>(1, 90);
  auto& two = trainer.add_callback<Numbered>(2, 10);  // runs before it
  CHECK(one.key() == "Numbered");
  CHECK(two.key() == "Numbered#2");
  thexp::State state = trainer.state();
  auto& first_here = second.add_callback<Numbered>(0);
  auto& second_here = second.add_callback<Numbered>(0);
  second.load_state(state);
  CHECK(first_here.number == 1);
  CHECK(second_here.number == 2);
}

TEST_CASE("a key that was given back is given again") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  auto& one = trainer.add_callback<Numbered>(1);
  trainer.add_callback<Numbered>(2);
  trainer.remove_callback(one);
  CHECK(trainer.add_callback<Numbered>(3).key() == "Numbered");
  CHECK(trainer.add_callback<Numbered>(4).key() == "Numbered#3");
}

TEST_CASE("a checkpoint with another number of a class does not fit") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer trainer(params), second(again);
  trainer.add_callback<Numbered>(1);
  trainer.add_callback<Numbered>(2);
  second.add_callback<Numbered>(1);
  thexp::State state = trainer.state();
  CHECK(thexp_test::message_of<thexp::FormatError>(
            [&] { second.load_state(state); }) ==
        "the checkpoint's callbacks do not fit this program's: missing in the "
        "checkpoint: nothing; unknown here: Numbered#2\n"
        "(--allow=callbacks goes on without those that are gone, and begins "
        "with new ones)");
}

TEST_CASE("T18 a second one of a callback that is there only once is refused") {
  struct Single : thexp::Callback {
    bool only_once() const override { return true; }
  };
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<Single>();
  CHECK_CONTAINS(thexp_test::message_of<thexp::UsageError>(
                     [&] { trainer.add_callback<Single>(); }),
                 "a callback called 'Single' was added already, and a trainer "
                 "has at most one");
}

// Predicts the weighted sums of the toy's examples.
struct PredictingTrainer : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  void datasets() override {
    ToyTrainer::datasets();
    add_loader(thexp::Phase::kPredict, data(),
               thexp::LoaderOptions().batch_size(6));
  }
  at::Tensor predict_batch(const thexp::Batch& batch) override {
    return net->forward(batch[0]);
  }
};

TEST_CASE("T18 hooks around a prediction, and after models were saved") {
  TempDir dir;
  ToyParams params(dir);
  PredictingTrainer trainer(params);
  Lines lines;
  trainer.add_callback<Recorder>("r", lines);
  CHECK(trainer.predict().sizes() == at::IntArrayRef({12, 1}));
  trainer.save_models(thexp::Value::Dict{{"why", "test"}});
  CHECK((lines ==
         Lines{"r predict_begin", "r predict_end", "r save_models test"}));
}

// "eval 1/3 4": the phase, its batches, and the examples in them.
struct PhaseBatches : thexp::Callback {
  explicit PhaseBatches(Lines& lines) : lines(lines) {}
  void on_phase_batch_end(thexp::Trainer&,
                          const thexp::PhaseProgress& at) override {
    lines.push_back(std::string(thexp::phase_name(at.phase)) + " " +
                    std::to_string(at.batch) + "/" +
                    std::to_string(at.batches) + " " +
                    std::to_string(at.examples));
  }
  Lines& lines;
};

TEST_CASE("T18 each batch of an evaluation and of a prediction is told") {
  TempDir dir;
  ToyParams params(dir);
  params.limit_eval_batches = 2;
  ToyTrainer trainer(params);
  trainer.with_predict = true;
  Lines lines;
  trainer.add_callback<PhaseBatches>(lines);
  trainer.eval();
  trainer.predict();
  CHECK((lines == Lines{"eval 1/2 4", "eval 2/2 8", "predict 1/3 4",
                        "predict 2/3 8", "predict 3/3 12"}));
}

TEST_CASE("T18 a failure is told once, after nobody took the exception") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Lines lines;
  trainer.add_callback<Recorder>("r", lines).failure_throws = true;
  trainer.on_train_batch = [](const thexp::Batch&) {
    throw std::runtime_error("boom");
  };
  CHECK(thexp_test::message_of<std::runtime_error>([&] { trainer.train(); }) ==
        "boom");
  CHECK((lines == Lines{"r train_begin", "r epoch_begin 0", "r batch_begin 0",
                        "r exception boom", "r failure boom"}));
  trainer.logger().flush();
  CHECK_CONTAINS(thexp::read_file(trainer.active_run().console_log()),
                 "r failed, too | not even that");
}

}  // namespace
