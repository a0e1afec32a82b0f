#include "thexp/callbacks/record_callback.h"

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/plateau.h"
#include "thexp/tracking/metric_reader.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

std::string metrics_of(thexp::Trainer& trainer) {
  trainer.active_run().flush();
  return thexp::read_file(trainer.active_run().metrics().path());
}

void fix_losses(ToyTrainer& trainer) {
  trainer.change_train_loss = [](const at::Tensor& loss) {
    return loss * 0 + 0.5;
  };
  trainer.change_eval_loss = [](const at::Tensor& loss) {
    return loss * 0 + 0.25;
  };
}

TEST_CASE("T20 RecordCallback writes each metric once, at its step") {
  TempDir dir;
  ToyParams params(dir);
  params.log_every = 2;
  ToyTrainer trainer(params);
  trainer.with_test = true;
  fix_losses(trainer);
  trainer.add_callback<thexp::EvalCallback>(1, 2);
  trainer.add_callback<thexp::RecordCallback>();
  trainer.train();
  CHECK(metrics_of(trainer) ==
        R"({"step":2,"epoch":1,"tag":"train/loss","value":0.5}
{"step":2,"epoch":1,"tag":"lr/optim","value":0.1}
{"step":3,"epoch":1,"tag":"train/loss","value":0.5}
{"step":3,"epoch":1,"tag":"lr/optim","value":0.1}
{"step":3,"epoch":1,"tag":"eval/loss","value":0.25}
{"step":4,"epoch":2,"tag":"train/loss","value":0.5}
{"step":4,"epoch":2,"tag":"lr/optim","value":0.1}
{"step":6,"epoch":2,"tag":"train/loss","value":0.5}
{"step":6,"epoch":2,"tag":"lr/optim","value":0.1}
{"step":6,"epoch":2,"tag":"eval/loss","value":0.25}
{"step":6,"epoch":2,"tag":"test/loss","value":0.25}
)");
}

TEST_CASE("what is evaluated in mid-epoch belongs to that epoch") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  fix_losses(trainer);
  trainer.add_callback<thexp::RecordCallback>();
  trainer.train_steps(4);
  trainer.eval();
  CHECK_CONTAINS(metrics_of(trainer),
                 R"({"step":4,"epoch":2,"tag":"eval/loss","value":0.25})");
}

TEST_CASE("a step's rate is the one that it was made with") {
  TempDir dir;
  ToyParams params(dir);
  thexp_test::set_epochs(params, 3);
  ToyTrainer trainer(params);
  fix_losses(trainer);
  trainer.add_callback<thexp::EvalCallback>();
  trainer.add_callback<thexp::Plateau>(
      thexp::PlateauOptions().patience(0).factor(0.5));
  trainer.add_callback<thexp::RecordCallback>();
  trainer.train();
  trainer.active_run().flush();
  thexp::Metrics metrics =
      thexp::read_metrics(trainer.active_run().metrics().path());
  std::vector<double> rates;
  for (const auto& point : metrics.find("lr/optim")->points) {
    rates.push_back(point.value);
  }
  // Lowered after the second epoch, for the third step.
  CHECK(rates == std::vector<double>{0.1, 0.1, 0.05});
}

}  // namespace
