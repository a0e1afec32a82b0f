// A callback that is removed gets no more calls, whichever hook removes it.
#include <functional>
#include <stdexcept>
#include <string>

#include "catch.h"
#include "toy_trainer.h"

namespace {

using thexp::Batch;
using thexp::ExceptionAction;
using thexp::Meter;
using thexp::OptimizerSlot;
using thexp::Trainer;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Says the name of each of its hooks.
struct Speaker : thexp::Callback {
  explicit Speaker(std::function<void(const std::string&)> say, int priority)
      : say(std::move(say)), priority_(priority) {}
  int priority() const override { return priority_; }

  void on_train_begin(Trainer&) override { say("train_begin"); }
  void on_epoch_begin(Trainer&) override { say("epoch_begin"); }
  void on_batch_begin(Trainer&, const Batch&) override { say("batch_begin"); }
  bool on_update_begin(Trainer&, OptimizerSlot&) override {
    say("update_begin");
    return true;
  }
  void on_update_end(Trainer&, OptimizerSlot&) override { say("update_end"); }
  void on_batch_end(Trainer&, const Batch&, const Meter&) override {
    say("batch_end");
  }
  void on_epoch_end(Trainer&) override { say("epoch_end"); }
  ExceptionAction on_exception(Trainer&, const std::exception&) override {
    say("exception");
    return ExceptionAction::kRethrow;
  }
  void on_failure(Trainer&, const std::exception&) override { say("failure"); }
  void on_save(Trainer&, thexp::State&) override { say("save"); }

  std::function<void(const std::string&)> say;

 private:
  int priority_;
};

TEST_CASE("T18 a removed callback gets no more calls, whichever hook does it") {
  for (const char* each : {"train_begin", "epoch_begin", "batch_begin",
                           "update_begin", "update_end", "batch_end",
                           "epoch_end", "save", "exception", "failure"}) {
    const std::string hook = each;
    INFO(hook);
    TempDir dir;
    ToyParams params(dir);
    ToyTrainer trainer(params);
    bool removed = false, called_after = false;
    Speaker* late = nullptr;
    trainer.add_callback<Speaker>(
        [&](const std::string& now) {
          if (removed || now != hook) return;
          trainer.remove_callback(*late);
          removed = true;
        },
        10);
    late = &trainer.add_callback<Speaker>(
        [&](const std::string&) { called_after |= removed; }, 90);
    trainer.on_train_batch = [&](const Batch&) {
      if (trainer.progress().epoch == 1) throw std::runtime_error("broken");
    };
    CHECK_THROWS_AS(trainer.train(), std::runtime_error);
    CHECK(removed);
    CHECK_FALSE(called_after);
  }
}

}  // namespace
