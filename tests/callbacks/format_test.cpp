// Checkpoints of earlier formats.
#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/early_stopping.h"
#include "thexp/callbacks/ema.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/lr_schedule.h"
#include "thexp/callbacks/plateau.h"
#include "thexp/state/pt.h"

namespace {

using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Four epochs of three batches, with an open window after the seventh.
struct Training {
  explicit Training(const TempDir& dir) : params(dir), trainer(params) {
    params.epoch = 4;
    params.accumulate = 2;
    trainer.add_callback<thexp::EvalCallback>();
    trainer.add_callback<thexp::LrSchedule>(
        thexp::Schedule::step(1, 1, 0.5),
        thexp::LrScheduleOptions().scale(true));
    trainer.add_callback<thexp::EarlyStopping>(
        thexp::EarlyStoppingOptions().patience(3));
    trainer.add_callback<thexp::Plateau>(thexp::PlateauOptions().patience(2));
    trainer.add_callback<thexp::Ema>(thexp::EmaOptions().decay(0.9));
  }

  ToyParams params;
  ToyTrainer trainer;
};

// Its weights and averages are those with which format 1 went on.
TEST_CASE("a checkpoint of format 1 goes on as it did then") {
  TempDir dir;
  Training training(dir);
  ToyTrainer& trainer = training.trainer;
  trainer.add_callback<Probe>();
  trainer.load_state(thexp::load_pt(FORMAT_1));
  CHECK(trainer.progress().step == 7);
  trainer.train();
  CHECK(trainer.net->weight[0][0].item<double>() == Approx(-0.666592836));
  CHECK(trainer.net->weight[0][1].item<double>() == Approx(0.341325819));
  CHECK(trainer.net->bias[0].item<double>() == Approx(-0.130583048));
  CHECK(trainer.metric("eval/loss") == Approx(0.528843542));
  CHECK(trainer.metric("train/loss") == Approx(0.130023852));
}

TEST_CASE("a checkpoint of a later format says which are read") {
  TempDir dir;
  Training training(dir);
  training.trainer.add_callback<Probe>();
  thexp::State later = thexp::load_pt(FORMAT_1);
  later["thexp"]["format"] = thexp::State(int64_t{3});
  CHECK_CONTAINS(message_of<thexp::FormatError>(
                     [&] { training.trainer.load_state(later); }),
                 "the checkpoint has format 3, this program reads 1 to 2");
}

}  // namespace
