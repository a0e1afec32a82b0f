#include <memory>

#include "catch.h"
#include "recorder.h"
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
      "r eval_end",     "r epoch_end 2",   "r save",          "r train_end"};
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

TEST_CASE("T18 two callbacks of one name are refused") {
  struct Named : thexp::Callback {};
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<Named>();
  CHECK_CONTAINS(thexp_test::message_of<thexp::UsageError>(
                     [&] { trainer.add_callback<Named>(); }),
                 "a callback called 'Named' was added already");
}

}  // namespace
