#include "thexp/callbacks/lr_schedule.h"

#include <torch/nn/modules/linear.h>

#include "callbacks_support.h"
#include "catch.h"

namespace {

using thexp::LrSchedule;
using thexp::LrScheduleOptions;
using thexp::Schedule;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Rates = std::vector<double>;

LrScheduleOptions per_update() {
  return LrScheduleOptions().unit(LrScheduleOptions::Unit::kUpdate);
}

// A trainer that notes the rate of every update: six epochs of three steps.
struct Scheduled {
  explicit Scheduled(const TempDir& dir) : params(dir), trainer(params) {
    params.epoch = 6;
    trainer.add_callback<Probe>().at_update_end =
        [this](thexp::OptimizerSlot& slot) {
          used.push_back(slot.learning_rates().front());
        };
  }

  ToyParams params;
  ToyTrainer trainer;
  Rates used;
};

void check_close(const Rates& used, const Rates& expected) {
  REQUIRE(used.size() == expected.size());
  for (std::size_t i = 0; i < used.size(); ++i) {
    INFO("update " << i);
    CHECK(used[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-17));
  }
}

Rates thrice_each(const Rates& epochs) {
  Rates steps;
  for (double rate : epochs) steps.insert(steps.end(), 3, rate);
  return steps;
}

// The numbers below are reference.py's.

TEST_CASE("T22 StepLR's rates in every step of a training") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.add_callback<LrSchedule>(Schedule::step(0.1, 2, 0.5));
  run.trainer.train();
  check_close(run.used, thrice_each({0.1, 0.1, 0.05, 0.05, 0.025, 0.025}));
}

TEST_CASE("T22 CosineAnnealingLR's rates in every step of a training") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.add_callback<LrSchedule>(
      Schedule::cosine_annealing(0.1, 6, 0.01));
  run.trainer.train();
  check_close(run.used,
              thrice_each({0.1, 0.09397114317029975, 0.07750000000000001,
                           0.055000000000000014, 0.032500000000000015,
                           0.01602885682970026}));
}

TEST_CASE("T22 OneCycleLR's rates in every step of a training") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.add_callback<LrSchedule>(
      Schedule::one_cycle(thexp::OneCycleOptions(0.2, 18)), per_update());
  run.trainer.train();
  check_close(run.used,
              {0.008000000000000007, 0.03144804086199121, 0.09033777552576465,
               0.15590151847573738, 0.19611132546699175, 0.19888308709018238,
               0.19214765259655603, 0.17971333186928937, 0.1623491307899526,
               0.14112894579821994, 0.117365148307422, 0.09252742053339501,
               0.06815186236949167, 0.04574599063192962, 0.0266955060377661,
               0.012178593951606484, 0.003093059008006696, 8e-07});
}

TEST_CASE("a schedule may scale each group's own initial rate") {
  TempDir dir;
  Scheduled run(dir);
  torch::nn::Linear other{nullptr};
  run.trainer.on_models = [&](ToyTrainer& toy) {
    other = toy.add_model("other", torch::nn::Linear(1, 1));
    using Group = torch::optim::OptimizerParamGroup;
    using torch::optim::SGDOptions;
    std::vector<Group> groups = {
        Group({other->weight}, std::make_unique<SGDOptions>(1.0)),
        Group({other->bias}, std::make_unique<SGDOptions>(0.01))};
    toy.add_optimizer("two", torch::optim::SGD(groups, SGDOptions(1.0)));
  };
  run.trainer.add_callback<LrSchedule>(Schedule::step(1, 1, 0.5),
                                       LrScheduleOptions().scale(true));
  run.trainer.train_epoch();
  CHECK(run.trainer.optimizer("two").learning_rates() == Rates{1.0, 0.01});
  run.trainer.train_steps(4);  // into the third epoch
  CHECK(run.trainer.optimizer("two").learning_rates() == Rates{0.25, 0.0025});
  CHECK(run.trainer.optimizer("optim").learning_rates() == Rates{0.025});
}

TEST_CASE("a schedule drives the optimizer that it names") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.on_models = [](ToyTrainer& toy) {
    toy.add_optimizer("slow", torch::optim::SGD(toy.net->parameters(), 0.5));
  };
  run.trainer.add_callback<LrSchedule>(Schedule::constant(0.3),
                                       LrScheduleOptions().optimizer("optim"));
  run.trainer.add_callback<LrSchedule>(Schedule::constant(0.2),
                                       per_update().optimizer("slow"));
  run.trainer.train_steps(1);
  CHECK(run.trainer.optimizer("optim").learning_rates() == Rates{0.3});
  CHECK(run.trainer.optimizer("slow").learning_rates() == Rates{0.5});
}

TEST_CASE(
    "an optimizer that does not exist is an error that lists those there") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.add_callback<LrSchedule>(Schedule::constant(1),
                                       LrScheduleOptions().optimizer("adam"));
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { run.trainer.train(); }),
      "there is no optimizer 'adam' (there are: optim)");
}

TEST_CASE("two schedules of one unit for one optimizer are refused") {
  TempDir dir;
  Scheduled run(dir);
  run.trainer.add_callback<LrSchedule>(Schedule::constant(1));
  run.trainer.add_callback<LrSchedule>(Schedule::constant(2),
                                       LrScheduleOptions().optimizer("optim"));
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { run.trainer.train(); }),
      "LrSchedule.epoch and LrSchedule.epoch.optim would both set the rates of "
      "optimizer 'optim'");
}

Schedule positions_left(int64_t length) {
  return Schedule([length](double position) {
    return static_cast<double>(length) - position;
  });
}

TEST_CASE("a schedule may depend on the number of updates to come") {
  TempDir dir;
  Scheduled run(dir), windows(dir);
  run.params.epoch = 2;  // of three batches
  run.trainer.add_callback<LrSchedule>(positions_left, per_update());
  run.trainer.train();
  CHECK(run.used == Rates{6, 5, 4, 3, 2, 1});

  windows.params.epoch = 2;
  windows.params.accumulate = 2;  // two updates an epoch
  windows.trainer.add_callback<LrSchedule>(positions_left, per_update());
  windows.trainer.train();
  CHECK(windows.used == Rates{4, 3, 2, 1});
}

TEST_CASE("a schedule may depend on the number of epochs to come") {
  TempDir dir;
  Scheduled run(dir);
  run.params.epoch = 3;
  run.trainer.add_callback<LrSchedule>(positions_left);
  run.trainer.train();
  CHECK(run.used == thrice_each({3, 2, 1}));
}

TEST_CASE("T22 OneCycleLR over the whole training, its length not written") {
  TempDir dir;
  Scheduled run(dir), known(dir);
  run.trainer.add_callback<LrSchedule>(
      [](int64_t updates) {
        return Schedule::one_cycle(thexp::OneCycleOptions(0.2, updates));
      },
      per_update());
  known.trainer.add_callback<LrSchedule>(
      Schedule::one_cycle(thexp::OneCycleOptions(0.2, 18)), per_update());
  run.trainer.train();
  known.trainer.train();
  CHECK(run.used.size() == 18);
  CHECK(run.used == known.used);
}

TEST_CASE("fast_dev_run takes the first step of the whole training") {
  TempDir dir;
  Scheduled run(dir);
  run.params.fast_dev_run = true;
  run.trainer.add_callback<LrSchedule>(positions_left, per_update());
  run.trainer.train();
  CHECK(run.used == Rates{18});
}

TEST_CASE("a length that is not known is an error, once it is needed") {
  TempDir dir;
  Scheduled run(dir);
  run.params.epoch = 0;
  run.trainer.add_callback<LrSchedule>(positions_left, per_update());
  CHECK(run.trainer.train().completed);  // nothing to train
  CHECK_CONTAINS(thexp_test::message_of<thexp::UsageError>(
                     [&] { run.trainer.train_steps(1); }),
                 "LrSchedule.update: its schedule depends on the length of the "
                 "training, and that is not known with --epoch=0");
}

TEST_CASE("a training too short for its schedule is an error as it begins") {
  TempDir dir;
  Scheduled run(dir);
  run.params.epoch = 1;
  run.trainer.add_callback<LrSchedule>([](int64_t epochs) {
    return Schedule::cosine(0.2, 0, 2, static_cast<double>(epochs));
  });
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { run.trainer.train(); }),
      "left must not be above right, but they are 2.0 and 1.0");
  CHECK(run.used.empty());
}

TEST_CASE("a training of one, two or three epochs takes one_cycle") {
  for (int64_t epochs : {1, 2, 3}) {
    TempDir dir;
    Scheduled run(dir);
    run.params.epoch = epochs;
    run.trainer.add_callback<LrSchedule>([](int64_t length) {
      return Schedule::one_cycle(thexp::OneCycleOptions(0.2, length));
    });
    CHECK(run.trainer.train().completed);
    CHECK(run.used.back() == 0.2 / 25 / 1e4);
  }
}

TEST_CASE("a schedule's function may not be empty") {
  CHECK_THROWS_AS(LrSchedule(thexp::ScheduleOfLength()), thexp::UsageError);
}

TEST_CASE("P8 the rates go on exactly after a resume in mid-epoch") {
  auto schedules = [](ToyTrainer& trainer) {
    trainer.add_callback<LrSchedule>(Schedule::cosine_annealing(1, 6),
                                     LrScheduleOptions().scale(true));
  };
  auto whole_length = [](ToyTrainer& trainer) {
    trainer.add_callback<LrSchedule>(positions_left, per_update());
  };
  auto updates = [](ToyTrainer& trainer) {
    trainer.add_callback<LrSchedule>(Schedule::linear(0.1, 0.01, 0, 18),
                                     per_update());
  };
  for (const auto& add : {std::function<void(ToyTrainer&)>(schedules),
                          std::function<void(ToyTrainer&)>(updates),
                          std::function<void(ToyTrainer&)>(whole_length)}) {
    TempDir dir;
    Scheduled whole(dir), first(dir), second(dir);
    add(whole.trainer);
    add(first.trainer);
    add(second.trainer);
    whole.trainer.train();
    first.trainer.train_steps(8);
    second.trainer.load_state(first.trainer.state().clone());
    second.trainer.train();
    Rates joined = first.used;
    joined.insert(joined.end(), second.used.begin(), second.used.end());
    CHECK(joined == whole.used);
    CHECK(torch::equal(whole.trainer.net->weight, second.trainer.net->weight));
  }
}

TEST_CASE("accumulation makes fewer updates, and these are counted") {
  TempDir dir;
  Scheduled run(dir);
  run.params.accumulate = 2;  // batches 1 and 2, then 3 alone
  run.params.epoch = 2;
  run.trainer.add_callback<LrSchedule>(Schedule::linear(0, 4, 0, 4),
                                       per_update());
  run.trainer.train();
  CHECK(run.used == Rates{0, 1, 2, 3});
}

// What a run trains with that goes on after four steps with another rate.
std::vector<double> rates_after_change(
    const std::function<void(ToyTrainer&, double)>& add) {
  TempDir dir;
  ToyParams half(dir), rest(dir);
  half.epoch = 3;
  rest.epoch = 3;
  {
    ToyTrainer first(half);
    add(first, 0.1);
    first.add_callback<Probe>();
    first.train_steps(4);
  }
  rest.lr = 0.4;
  rest.resume = "latest";
  rest.allow = "params";
  ToyTrainer second(rest);
  add(second, 0.4);
  Rates used;
  second.add_callback<Probe>().at_update_end = [&](thexp::OptimizerSlot& slot) {
    used.push_back(slot.learning_rates().front());
  };
  second.train();
  return used;
}

TEST_CASE("a rate given anew is not lost where the rate was 0") {
  // Switched off by hand in the second epoch.
  Rates used = rates_after_change([](ToyTrainer& trainer, double) {
    auto& probe = trainer.add_callback<Probe>(Probe::kReport, "Off");
    probe.at_epoch_end = [](thexp::Trainer& at) {
      if (at.progress().epoch == 1) {
        at.optimizers()[0]->set_learning_rates({0.0});
      }
    };
  });
  CHECK(used == Rates{0.4, 0.4, 0.4, 0.4, 0.4});
}

TEST_CASE("a rate given anew follows its schedule in the running epoch") {
  Rates used = rates_after_change([](ToyTrainer& trainer, double lr) {
    trainer.add_callback<LrSchedule>(Schedule::multi_step(lr, {1}, 0.5));
  });
  CHECK(used == Rates{0.2, 0.2, 0.2, 0.2, 0.2});
  // 0 in the second epoch, whatever the rate.
  used = rates_after_change([](ToyTrainer& trainer, double lr) {
    trainer.add_callback<LrSchedule>(
        Schedule([lr](double epoch) { return epoch == 1 ? 0 : lr; }));
  });
  CHECK(used == Rates{0.0, 0.0, 0.4, 0.4, 0.4});
}

}  // namespace
