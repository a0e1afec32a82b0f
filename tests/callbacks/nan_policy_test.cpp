#include "thexp/callbacks/nan_policy.h"

#include <torch/nn/modules/batchnorm.h>

#include <limits>

#include "callbacks_support.h"
#include "catch.h"
#include "recorder.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/lr_schedule.h"
#include "thexp/state/optimizer_state.h"

namespace {

using thexp::NanPolicy;
using Action = thexp::NanPolicy::Action;
using thexp_test::message_of;
using thexp_test::Probe;
using thexp_test::Recorder;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A toy with momentum whose loss is NaN in the steps that `is_bad` names.
struct Sick {
  Sick(const TempDir& dir, std::function<bool(int64_t)> is_bad)
      : params(dir), trainer(params) {
    trainer.on_models = [](ToyTrainer& toy) {
      for (auto& group : toy.optim->param_groups()) {
        static_cast<torch::optim::SGDOptions&>(group.options()).momentum(0.9);
      }
    };
    trainer.change_train_loss = [this, is_bad](const at::Tensor& loss) {
      bool bad = is_bad(trainer.progress().step);
      return bad ? loss * std::numeric_limits<double>::quiet_NaN() : loss;
    };
  }

  bool weights_equal(const Sick& other) const {
    return torch::equal(trainer.net->weight, other.trainer.net->weight) &&
           torch::equal(trainer.net->bias, other.trainer.net->bias);
  }

  ToyParams params;
  ToyTrainer trainer;
};

std::function<bool(int64_t)> only(int64_t bad) {
  return [bad](int64_t step) { return step == bad; };
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool always(int64_t) { return true; }
bool never(int64_t) { return false; }

TEST_CASE("T20 NanPolicy stop names the optimizer, the step and the epoch") {
  TempDir dir;
  Sick run(dir, only(4));
  run.trainer.add_callback<NanPolicy>(Action::kStop);
  CHECK(message_of<thexp::Error>([&] { run.trainer.train(); }) ==
        "the gradients of optimizer 'optim' are not finite (norm nan) in step "
        "4 of epoch 2");
}

TEST_CASE("T20 NanPolicy skip equals a run without that batch") {
  TempDir dir;
  Sick run(dir, only(2)), control(dir, never);
  auto& policy = run.trainer.add_callback<NanPolicy>(Action::kSkip);
  // The same batch is dropped another way: by an exception.
  std::vector<std::string> lines;
  control.trainer.add_callback<Recorder>("r", lines).answer =
      thexp::ExceptionAction::kSkipBatch;
  control.trainer.on_train_batch = [&](const thexp::Batch&) {
    if (control.trainer.progress().step == 2) throw std::runtime_error("skip");
  };
  CHECK(run.trainer.train().completed);
  control.trainer.train();
  CHECK(run.weights_equal(control));
  CHECK(run.trainer.optimizer("optim").updates() == 5);
  CHECK(policy.events() == 1);
  CHECK_CONTAINS(thexp_test::log_of(run.trainer),
                 "in step 2 of epoch 1 | update skipped");
}

TEST_CASE("infinite gradients are not finite, either") {
  TempDir dir;
  Sick run(dir, never);
  run.trainer.change_train_loss = [](const at::Tensor& loss) {
    return loss * std::numeric_limits<double>::infinity();
  };
  run.trainer.add_callback<NanPolicy>(Action::kStop);
  CHECK_CONTAINS(message_of<thexp::Error>([&] { run.trainer.train(); }),
                 "are not finite");
}

TEST_CASE("a window with one bad batch is skipped whole") {
  TempDir dir;
  Sick run(dir, only(1));
  run.params.epoch = 1;
  run.params.accumulate = 2;
  auto& policy = run.trainer.add_callback<NanPolicy>(Action::kSkip);
  CHECK(run.trainer.train().completed);
  CHECK(policy.events() == 1);
  CHECK(run.trainer.optimizer("optim").updates() == 1);  // of batch 3 alone
  CHECK(run.trainer.net->weight.isfinite().all().item<bool>());
}

TEST_CASE("too many skips are an error") {
  TempDir dir;
  Sick run(dir, always);
  run.trainer.add_callback<NanPolicy>(Action::kSkip, 2);
  CHECK_CONTAINS(message_of<thexp::Error>([&] { run.trainer.train(); }),
                 "in step 2 of epoch 1; that is more than the 2 times allowed");
}

TEST_CASE("T20 NanPolicy goes back to models and optimizers of a snapshot") {
  TempDir dir;
  Sick run(dir, only(5));
  run.params.epoch = 4;
  run.trainer.add_callback<NanPolicy>(Action::kRollBack, 10, 2);
  thexp::State weight, optimizer;  // when step 4 begins: the newest snapshot
  bool compared = false;
  auto& probe = run.trainer.add_callback<Probe>();
  probe.at_batch_begin = [&](thexp::Trainer& at) {
    if (at.progress().step == 4) {
      weight = thexp::State(run.trainer.net->weight).clone();
      optimizer = thexp::optimizer_state(*run.trainer.optim).clone();
    }
  };
  probe.at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step != 6) return;
    compared = true;
    CHECK(equal(weight, thexp::State(run.trainer.net->weight)));
    CHECK(thexp::first_difference(
              optimizer, thexp::optimizer_state(*run.trainer.optim)) == "");
  };
  CHECK(run.trainer.train().completed);
  CHECK(compared);
  CHECK(run.trainer.progress().step == 12);
  CHECK(run.trainer.net->weight.isfinite().all().item<bool>());
  CHECK_CONTAINS(thexp_test::log_of(run.trainer),
                 "back to the weights of step 4");
}

TEST_CASE("rolling back leaves the learning rate to its schedule") {
  TempDir dir;
  Sick run(dir, only(4));
  run.trainer.add_callback<NanPolicy>(Action::kRollBack);
  run.trainer.add_callback<thexp::LrSchedule>(
      thexp::Schedule::step(0.1, 1, 0.5));
  std::vector<double> rates;
  run.trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
    rates.push_back(at.optimizer("optim").learning_rates().front());
  };
  run.trainer.train();
  CHECK(rates == std::vector<double>{0.1, 0.1, 0.1, 0.05, 0.05, 0.05});
}

TEST_CASE("a resumed run goes back to the same snapshot") {
  TempDir dir;
  Sick whole(dir, only(5)), first(dir, only(5)), second(dir, only(5));
  for (Sick* run : {&whole, &first, &second}) {
    run->params.epoch = 3;
    run->trainer.add_callback<NanPolicy>(Action::kRollBack, 10, 100);
  }
  whole.trainer.train();
  first.trainer.train_steps(4);
  second.trainer.load_state(first.trainer.state().clone());
  second.trainer.train();
  CHECK(second.weights_equal(whole));
  CHECK(second.trainer.find_callback<NanPolicy>()->events() == 1);
}

// A toy with batch norm that sees NaN in the steps that `is_bad` names.
struct Normed {
  Normed(const TempDir& dir, std::function<bool(int64_t)> is_bad)
      : run(dir, is_bad) {
    run.trainer.on_models = [this](ToyTrainer& toy) {
      norm = toy.add_model("norm", torch::nn::BatchNorm1d(2));
    };
    run.trainer.on_train_batch = [this, is_bad](const thexp::Batch& batch) {
      bool bad = is_bad(run.trainer.progress().step);
      norm->forward(bad ? batch[0] * kNan : batch[0]);
    };
  }
  bool buffers_equal(const Normed& other) const {
    return torch::equal(norm->running_mean, other.norm->running_mean) &&
           torch::equal(norm->running_var, other.norm->running_var) &&
           torch::equal(norm->num_batches_tracked,
                        other.norm->num_batches_tracked);
  }

  Sick run;
  torch::nn::BatchNorm1d norm{nullptr};
};

TEST_CASE("a skipped batch leaves no trace in batch norm's buffers") {
  TempDir dir;
  for (int64_t bad : {0, 2, 5}) {
    Normed sick(dir, only(bad)), control(dir, never);
    sick.run.trainer.add_callback<NanPolicy>(Action::kSkip);
    control.run.trainer.on_train_batch = [&](const thexp::Batch& batch) {
      if (control.run.trainer.progress().step == bad) {
        throw std::runtime_error("skip");
      }
      control.norm->forward(batch[0]);
    };
    std::vector<std::string> lines;
    control.run.trainer.add_callback<Recorder>("r", lines).answer =
        thexp::ExceptionAction::kSkipBatch;
    sick.run.trainer.train();
    control.run.trainer.train();
    INFO("step " << bad);
    CHECK(sick.norm->num_batches_tracked.item<int64_t>() == 5);
    CHECK(sick.buffers_equal(control));
  }
}

TEST_CASE("a skipped window leaves no trace in the buffers, either") {
  TempDir dir;
  Normed sick(dir, only(1));
  sick.run.params.epoch = 1;
  sick.run.params.accumulate = 2;
  sick.run.trainer.add_callback<NanPolicy>(Action::kSkip);
  std::vector<int64_t> batches;
  sick.run.trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer&) {
    batches.push_back(sick.norm->num_batches_tracked.item<int64_t>());
  };
  sick.run.trainer.train();
  CHECK(batches == std::vector<int64_t>{1, 0, 1});
  CHECK(sick.norm->running_mean.isfinite().all().item<bool>());
}

TEST_CASE("a window's buffers are put back after a resume inside of it") {
  TempDir dir;
  Normed whole(dir, only(1)), first(dir, only(1)), second(dir, only(1));
  for (Normed* each : {&whole, &first, &second}) {
    each->run.params.epoch = 1;
    each->run.params.accumulate = 2;
    each->run.trainer.add_callback<NanPolicy>(Action::kSkip);
  }
  whole.run.trainer.train();
  first.run.trainer.train_steps(1);
  second.run.trainer.load_state(first.run.trainer.state().clone());
  second.run.trainer.train();
  CHECK(second.buffers_equal(whole));
  CHECK(second.norm->num_batches_tracked.item<int64_t>() == 1);
}

// The batch throws after its update was dropped; a callback skips it, and the
// state is taken before the next one begins.
TEST_CASE("a way back that is due is part of the state") {
  TempDir dir;
  for (Action action : {Action::kSkip, Action::kRollBack}) {
    Normed whole(dir, only(1)), first(dir, only(1)), second(dir, only(1));
    std::vector<std::string> lines;
    for (Normed* each : {&whole, &first, &second}) {
      ToyTrainer& trainer = each->run.trainer;
      trainer.add_callback<NanPolicy>(action, 10, 1);
      trainer.add_callback<Recorder>("r", lines).answer =
          thexp::ExceptionAction::kSkipBatch;
      trainer.add_callback<Probe>(0).at_batch_end = [](thexp::Trainer& at) {
        if (at.progress().step == 2) throw std::runtime_error("boom");
      };
    }
    whole.run.trainer.train();
    first.run.trainer.train_steps(2);
    CHECK(first.run.trainer.state()
              .at_path({"thexp", "callbacks", "NanPolicy", "undo_due"})
              .as_bool());
    second.run.trainer.load_state(first.run.trainer.state().clone());
    second.run.trainer.train();
    CHECK(second.run.weights_equal(whole.run));
    CHECK(second.buffers_equal(whole));
    CHECK(second.norm->running_mean.isfinite().all().item<bool>());
  }
}

TEST_CASE("NanPolicy refuses numbers below 1") {
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([] { NanPolicy policy(Action::kSkip, 0); }),
      "max_events 0 and snapshot_every 100 must be at least 1");
  CHECK_THROWS_AS(NanPolicy(Action::kRollBack, 1, 0), thexp::UsageError);
}

// Batch norm has seen the bad batch when the snapshot comes due.
TEST_CASE("a snapshot inside of a window waits for its end") {
  TempDir dir;
  Normed sick(dir, only(8));
  sick.run.params.epoch = 4;
  sick.run.params.batch_size = 2;  // six batches
  sick.run.params.accumulate = 3;
  auto& policy =
      sick.run.trainer.add_callback<NanPolicy>(Action::kRollBack, 10, 7);
  CHECK(sick.run.trainer.train().completed);
  CHECK(policy.events() == 1);
  CHECK(sick.norm->running_mean.isfinite().all().item<bool>());
  CHECK_CONTAINS(thexp_test::log_of(sick.run.trainer),
                 "back to the weights of step 0");
}

TEST_CASE("training that begins inside of a window takes no snapshot there") {
  TempDir dir;
  Normed sick(dir, only(3));
  sick.run.params.batch_size = 2;
  sick.run.params.accumulate = 3;
  sick.run.trainer.add_callback<NanPolicy>(Action::kRollBack);
  for (int i = 0; i < 12; ++i) sick.run.trainer.train_steps(1);
  CHECK(sick.norm->running_mean.isfinite().all().item<bool>());
  CHECK_CONTAINS(thexp_test::log_of(sick.run.trainer),
                 "back to the weights of step 3");
}

// A second optimizer, over a weight of its own, steps in turn with the first;
// both see batch norm's work.
struct InTurn : thexp::Trainer {
  explicit InTurn(ToyParams& params) : Trainer(params, nullptr) {}

  void models() override {
    norm = add_model("norm", torch::nn::BatchNorm1d(2));
    for (int i : {0, 1}) {
      std::string number = std::to_string(i);
      nets[i] = add_model("net" + number, torch::nn::Linear(2, 1));
      optims[i] = add_optimizer("optim" + number,
                                torch::optim::SGD(nets[i]->parameters(), 0.1));
    }
  }
  void datasets() override {
    add_loader(thexp::Phase::kTrain, ToyTrainer::data(),
               thexp::LoaderOptions().batch_size(2));
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    auto [x, y] = batch.as<2>();
    int turn = static_cast<int>(at.step % 2);
    at::Tensor input = at.step == bad ? x * kNan : x;
    at::Tensor output = nets[turn]->forward(norm->forward(input));
    at::Tensor loss = (output - y).square().mean();
    optims[turn]->zero_grad();
    loss.backward();
    optims[turn]->step();
    return {};
  }
  bool is_sound() const {
    bool sound = norm->running_mean.isfinite().all().item<bool>();
    for (const auto& net : nets) {
      sound = sound && net->weight.isfinite().all().item<bool>();
    }
    return sound;
  }

  int64_t bad = 1;
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Linear nets[2] = {nullptr, nullptr};
  thexp::Optimizer<torch::optim::SGD> optims[2];
};

TEST_CASE("what another optimizer's open window holds is not good yet") {
  TempDir dir;
  for (Action action : {Action::kSkip, Action::kRollBack}) {
    for (int64_t bad : {1, 2, 5, 7}) {
      INFO("bad batch " << bad);
      ToyParams params(dir);
      params.epoch = 3;
      params.accumulate = 2;
      InTurn trainer(params);
      trainer.bad = bad;
      trainer.add_callback<NanPolicy>(action, 10, 1);
      CHECK(trainer.train().completed);
      CHECK(trainer.is_sound());
    }
  }
}

// Gradients are added up by hand, over three batches.
struct ByHand : InTurn {
  using InTurn::InTurn;
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    auto [x, y] = batch.as<2>();
    at::Tensor input = at.step == bad ? x * kNan : x;
    at::Tensor output = nets[0]->forward(norm->forward(input));
    (output - y).square().mean().backward();
    if (at.step % 3 == 2) {
      optims[0]->step();
      optims[0]->zero_grad();
    }
    return {};
  }
};

TEST_CASE("what no update has passed yet is not good, without a window too") {
  TempDir dir;
  for (Action action : {Action::kSkip, Action::kRollBack}) {
    ToyParams params(dir);
    ByHand trainer(params);
    trainer.bad = 4;
    trainer.add_callback<NanPolicy>(action, 10, 1);
    trainer.train_steps(6);
    trainer.optims[0]->zero_grad();
    CHECK(trainer.train().completed);
    CHECK(trainer.is_sound());
  }
}

TEST_CASE("a skipped batch leaves an expanded buffer alone") {
  TempDir dir;
  Sick run(dir, only(2));
  at::Tensor scale = torch::full({1}, 2.0f).expand({4});
  run.trainer.on_models = [&](ToyTrainer& toy) {
    auto module = std::make_shared<torch::nn::Module>();
    module->register_buffer("scale", scale);
    toy.add_model("scaled", module);
  };
  run.trainer.on_train_batch = [&](const thexp::Batch&) {
    scale.narrow(0, 0, 1).add_(1);
  };
  run.trainer.add_callback<NanPolicy>(Action::kSkip);
  CHECK(run.trainer.train().completed);
  CHECK(scale.eq(7).all().item<bool>());  // of six batches, five count
}

TEST_CASE("a roll back forgets what open windows hold") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  params.accumulate = 2;
  InTurn trainer(params);
  trainer.bad = 2;  // and batch 1 is in the window of the other optimizer
  bool looked = false;
  trainer.add_callback<NanPolicy>(Action::kRollBack);
  trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step != 3) return;
    looked = true;
    CHECK_FALSE(at.optimizer("optim1").in_window());
  };
  trainer.train();
  CHECK(looked);
}

TEST_CASE("NanPolicy goes back in a training that has grown since") {
  TempDir dir;
  Sick run(dir, only(5));
  run.params.epoch = 3;
  at::Tensor added = torch::ones({1}, torch::requires_grad());
  run.trainer.keep("added", added);
  run.trainer.add_callback<NanPolicy>(Action::kRollBack);
  run.trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step != 2) return;
    run.trainer.optim->add_param_group({std::vector<at::Tensor>{added}});
  };
  CHECK(run.trainer.train().completed);
  CHECK_CONTAINS(thexp_test::log_of(run.trainer),
                 "back to the weights of step 2");
}

TEST_CASE("NanPolicy takes the state of format 1") {
  TempDir dir;
  Sick run(dir, never);
  auto& policy = run.trainer.add_callback<NanPolicy>(Action::kRollBack);
  run.trainer.train_steps(2);
  thexp::State old =
      thexp::State::Dict{{"events", 3},
                         {"undo_due", false},
                         {"snapshot", policy.state().at("snapshot").clone()},
                         {"snapshot_step", 0},
                         {"buffers", thexp::State()}};
  policy.load_state(old);
  CHECK(policy.events() == 3);
  CHECK(run.trainer.train().completed);
}

}  // namespace
