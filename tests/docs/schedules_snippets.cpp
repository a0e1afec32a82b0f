// The code that docs/schedules.md shows, and what the page says about it.
#include <c10/util/Logging.h>  // before catch.h: both define CHECK
#include <torch/nn.h>
#include <torch/optim.h>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/thexp.h"

namespace {

using thexp::Schedule;
using thexp_test::TempDir;

TEST_CASE("docs/schedules.md: a schedule is a function of a position") {
  // [use]
  Schedule lr = Schedule::cosine(0.1, 0.001, 0, 10);
  double first = lr(0);   // 0.1
  double middle = lr(5);  // 0.0505
  double after = lr(99);  // 0.001: constant outside of 0 and 10
  // [/use]
  CHECK(first == 0.1);
  CHECK(middle == Approx(0.0505));
  CHECK(after == 0.001);
}

TEST_CASE("docs/schedules.md: composing") {
  // [compose]
  // Rises over 5 positions, then follows the cosine.
  Schedule warm = Schedule::cosine(0.1, 0, 0, 50).warm_up(5);
  // Constant, and from 30 on PyTorch's StepLR, whose positions begin at 0.
  Schedule two = Schedule::constant(0.1).then(Schedule::step(0.1, 10), 30);
  // Positions of the whole: each part counts from its own place on.
  Schedule parts = Schedule::list(
      {{0, Schedule::linear(0, 1, 0, 5)}, {5, Schedule::cosine(1, 0, 5, 50)}});
  Schedule product = 0.5 * parts + Schedule::constant(0.01);
  Schedule own([](double epoch) { return 1 / (1 + 0.1 * epoch); });
  // [/compose]
  CHECK(warm(0) == 0);
  CHECK(warm(5) == Schedule::cosine(0.1, 0, 0, 50)(5));
  CHECK(two(30) == 0.1);
  CHECK(two(40) == Approx(0.01));
  CHECK(parts(5) == 1);
  CHECK(parts(50) == 0);
  CHECK(product(5) == Approx(0.51));
  CHECK(own(10) == 0.5);
}

class DecayTrainer : public thexp::Trainer {
 public:
  using Trainer::Trainer;
  std::vector<double> rates, ramps;

 protected:
  // [callback]
  void callbacks() override {
    using Unit = thexp::LrScheduleOptions::Unit;
    // By epoch: the rate itself.
    add_callback<thexp::LrSchedule>(Schedule::step(0.1, 1, 0.5));
    // By update: a factor of every parameter group's own first rate.
    add_callback<thexp::LrSchedule>(Schedule::linear(0, 1, 0, 4),
                                    thexp::LrScheduleOptions()
                                        .unit(Unit::kUpdate)
                                        .optimizer("head_optim")
                                        .scale(true));
  }
  // [/callback]

  void models() override {
    net_ = add_model("net", torch::nn::Linear(1, 1));
    head_ = add_model("head", torch::nn::Linear(1, 1));
    optim_ = add_optimizer("optim", torch::optim::SGD(net_->parameters(), 1));
    head_optim_ = add_optimizer("head_optim",
                                torch::optim::SGD(head_->parameters(), 0.4));
  }

  void datasets() override {
    add_loader(thexp::Phase::kTrain,
               thexp::tensor_dataset({torch::ones({4, 1})}),
               thexp::LoaderOptions().batch_size(1));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    // [weight]
    double ramp = ramp_(static_cast<double>(at.epoch));
    auto loss = supervised(batch) + ramp * consistency(batch);
    // [/weight]
    optim_->zero_grad();
    head_optim_->zero_grad();
    loss.backward();
    optim_->step();
    head_optim_->step();
    ramps.push_back(ramp);
    rates.push_back(optimizer("optim").learning_rates().at(0));
    rates.push_back(optimizer("head_optim").learning_rates().at(0));
    return {};
  }

 private:
  torch::Tensor supervised(const thexp::Batch& batch) {
    return head_->forward(net_->forward(batch[0])).square().mean();
  }
  torch::Tensor consistency(const thexp::Batch& batch) {
    return net_->forward(batch[0]).square().mean();
  }

  Schedule ramp_ = Schedule::sigmoid_rampup(2);
  torch::nn::Linear net_{nullptr}, head_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_, head_optim_;
};

TEST_CASE("docs/schedules.md: the callback sets the rates") {
  TempDir dir;
  thexp::TrainerParams params;
  params.workspace = dir.path().string();
  params.threads = 1;
  params.device = "cpu";
  params.log_console = false;
  params.epoch = 2;
  DecayTrainer trainer(params);
  // The epoch's schedule drives both; the update's then has the last word.
  trainer.train();
  const std::vector<double> expected = {0.1,  0,   0.1,  0.1, 0.1,  0.2,
                                        0.1,  0.3, 0.05, 0.4, 0.05, 0.4,
                                        0.05, 0.4, 0.05, 0.4};
  REQUIRE(trainer.rates.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(i);
    CHECK(trainer.rates[i] == Approx(expected[i]).margin(1e-15));
  }
  CHECK(trainer.ramps.front() == Approx(std::exp(-5.0)));
  CHECK(trainer.ramps.back() == Approx(std::exp(-1.25)));
}

TEST_CASE("docs/schedules.md: refused arguments") {
  CHECK(thexp_test::message_of<thexp::UsageError>(
            [] { Schedule::linear(0, 1, 5, 4); }) ==
        "Schedule::linear: left must not be above right, but they are 5.0 and "
        "4.0");
}

}  // namespace
