#include <string>
#include <vector>

#include "catch.h"
#include "thexp/callbacks/early_stopping.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/lr_schedule.h"
#include "toy_trainer.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

struct Halved : thexp::Callback {
  void on_epoch_begin(thexp::Trainer& trainer) override {
    if (trainer.progress().epoch == 1) {
      trainer.optimizers()[0]->set_learning_rates({0.05});
    }
  }
};

TEST_CASE("an allowed learning rate is applied, to what schedules made of it") {
  auto rate_after = [](double lr, bool scheduled) {
    TempDir dir;
    auto train = [&](double rate, int64_t epochs, const char* resume) {
      ToyParams params(dir);
      params.epoch = epochs;
      params.lr = rate;
      params.resume = resume;
      params.allow = "params";
      ToyTrainer trainer(params);
      if (scheduled) {
        trainer.add_callback<thexp::LrSchedule>(
            thexp::Schedule::step(1, 1, 0.5),
            thexp::LrScheduleOptions().scale(true));
      } else {
        trainer.add_callback<Halved>();
      }
      trainer.train();
      return trainer.optimizers()[0]->learning_rates()[0];
    };
    train(0.1, 2, "");
    return train(lr, 3, "latest");
  };
  CHECK(rate_after(0.1, false) == 0.05);
  CHECK(rate_after(0.4, false) == Approx(0.2));
  CHECK(rate_after(0.1, true) == Approx(0.1 * 0.25));
  CHECK(rate_after(0.4, true) == Approx(0.4 * 0.25));
}

// Evaluations that never improve, with flags of a resume after the first.
class StoppingRun {
 public:
  int64_t train(std::vector<std::string> flags, int64_t patience) {
    ToyParams params(dir_);
    params.parse_args(flags);
    ToyTrainer trainer(params);
    trainer.change_eval_loss = [](const at::Tensor& loss) {
      return at::ones_like(loss);
    };
    trainer.add_callback<thexp::EvalCallback>();
    trainer.add_callback<thexp::EarlyStopping>(
        thexp::EarlyStoppingOptions().patience(patience));
    trainer.train();
    trainer.finish();
    return trainer.progress().epoch;
  }

 private:
  TempDir dir_;
};

TEST_CASE("S5 what stopped a training does not stop it with more patience") {
  StoppingRun run;
  CHECK(run.train({"--epoch=9"}, 2) == 3);
  CHECK(run.train({"--resume", "--epoch=9"}, 2) ==
        3);  // the same command: it is over
  // The program's patience is a parameter; here its learning rate stands for
  // it, as it changes what is compared.
  CHECK(run.train({"--resume", "--epoch=9", "--optim.lr=0.2", "--allow=params"},
                  5) == 6);
}

TEST_CASE("S5 what stopped a training does not stop it with more epochs") {
  StoppingRun run;
  CHECK(run.train({"--epoch=9"}, 2) == 3);
  CHECK(run.train({"--resume", "--epoch=10"}, 2) == 5);
}

TEST_CASE("S5 more epochs follow a training that stopped early") {
  TempDir dir;
  auto train = [&](const char* epochs, const std::string& resume) {
    ToyParams params(dir);
    params.resume = resume;
    params.parse_args({std::string("--epoch=") + epochs});
    ToyTrainer trainer(params);
    trainer.change_eval_loss = [](const at::Tensor& loss) {
      return at::ones_like(loss);  // never improves
    };
    trainer.add_callback<thexp::EvalCallback>();
    trainer.add_callback<thexp::EarlyStopping>(
        thexp::EarlyStoppingOptions().patience(3));
    trainer.train();
    return trainer.progress().epoch;
  };
  CHECK(train("9", "") == 4);
  CHECK(train("+2", "latest") == 6);
}

}  // namespace
