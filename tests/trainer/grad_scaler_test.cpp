#include "thexp/trainer/grad_scaler.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "thexp/base/error.h"
#include "toy_trainer.h"

namespace {

using thexp::GradScaler;
using thexp::GradScalerOptions;
using thexp::State;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

constexpr float kInf = std::numeric_limits<float>::infinity();

// One weight; its gradient is what the loss is multiplied by.
struct OneWeight {
  at::Tensor weight = torch::ones({1}, torch::requires_grad());
  torch::optim::SGD optimizer{{weight}, 0.5};

  float gradient() const { return weight.grad().item<float>(); }

  bool step(GradScaler& scaler, float slope) {
    optimizer.zero_grad();
    scaler.scale((weight * slope).sum()).backward();
    bool stepped = scaler.step(optimizer);
    scaler.update();
    return stepped;
  }
};

TEST_CASE("the scale goes as Python's") {
  struct Wanted {
    double scale;
    int64_t tracker;
  };
  // From grad_scaler_reference.py.
  const Wanted wanted[] = {
      {1000.2999877929688, 1}, {1700.510009765625, 0},  {1700.510009765625, 1},
      {510.15301513671875, 0}, {510.15301513671875, 1}, {867.2601318359375, 0},
      {260.17803955078125, 0}, {78.05341339111328, 0},  {78.05341339111328, 1},
      {132.6907958984375, 0},  {132.6907958984375, 1},  {225.57435607910156, 0},
  };
  const float slopes[] = {1, 1, 1, kInf, 1, 1, -kInf, NAN, 1, 1, 1, 1};
  GradScaler scaler(GradScalerOptions()
                        .init_scale(1000.3)
                        .growth_factor(1.7)
                        .backoff_factor(0.3)
                        .growth_interval(2));
  OneWeight one;
  for (std::size_t i = 0; i < std::size(slopes); ++i) {
    INFO("step " << i);
    CHECK(one.step(scaler, slopes[i]) == std::isfinite(slopes[i]));
    CHECK(scaler.get_scale() == wanted[i].scale);
    CHECK(scaler.state().at("_growth_tracker").as_integer() ==
          wanted[i].tracker);
  }
  CHECK(one.weight.item<float>() == 1 - 0.5f * 9);  // the finite steps
}

TEST_CASE("the scale does not grow beyond float32") {
  GradScaler scaler(GradScalerOptions().init_scale(3e38).growth_interval(1));
  OneWeight one;
  CHECK(one.step(scaler, 1e-30f));
  CHECK(scaler.get_scale() == 3e38f);
}

TEST_CASE("gradients are scaled, and unscaled once") {
  GradScaler scaler(GradScalerOptions().init_scale(1024));
  OneWeight one;
  scaler.scale((one.weight * 3).sum()).backward();
  CHECK(one.gradient() == 3 * 1024);
  scaler.unscale_(one.optimizer);
  CHECK(one.gradient() == 3);
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { scaler.unscale_(one.optimizer); }),
      "since the last update()");
  CHECK(scaler.step(one.optimizer));
  CHECK(one.gradient() == 3);
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { scaler.step(one.optimizer); }),
      "since the last update()");
  scaler.update();
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { scaler.update(); }),
                 "update() without a step()");
}

TEST_CASE(
    "several optimizers: one that is not finite lowers the scale of all") {
  GradScaler scaler(GradScalerOptions().init_scale(8));
  OneWeight good, bad;
  scaler.scale((good.weight + bad.weight * kInf).sum()).backward();
  CHECK(scaler.step(good.optimizer));
  CHECK_FALSE(scaler.step(bad.optimizer));
  scaler.update();
  CHECK(scaler.get_scale() == 4);
}

TEST_CASE("its state has Python's keys and goes on") {
  GradScaler scaler(GradScalerOptions().growth_interval(3)), other;
  OneWeight one;
  one.step(scaler, 1);
  one.step(scaler, 1);
  State state = scaler.state();
  State wanted = State::Dict{{"scale", 65536.0},
                             {"growth_factor", 2.0},
                             {"backoff_factor", 0.5},
                             {"growth_interval", 3},
                             {"_growth_tracker", 2}};
  CHECK(thexp::first_difference(state, wanted) == "");
  OneWeight again;
  again.step(other, kInf);  // made its tensors already
  other.load_state(state);
  again.step(other, 1);
  CHECK(other.get_scale() == 131072);
  CHECK_CONTAINS(
      message_of<thexp::FormatError>([&] { scaler.load_state(State::Dict{}); }),
      "the saved one was not enabled, this one is");
}

TEST_CASE("a scaler that is not enabled does nothing") {
  GradScaler scaler(GradScalerOptions().enabled(false));
  OneWeight one;
  CHECK(one.step(scaler, 2));
  CHECK(one.gradient() == 2);
  CHECK(scaler.get_scale() == 1);
  CHECK(scaler.state().size() == 0);
}

TEST_CASE("what cannot be right is refused") {
  for (double scale : {0.0, -1.0, double{kInf}, std::nan("")}) {
    CHECK_THROWS_AS(GradScaler(GradScalerOptions().init_scale(scale)),
                    thexp::UsageError);
  }
  for (double factor : {1.0, double{kInf}, std::nan("")}) {
    CHECK_THROWS_AS(GradScaler(GradScalerOptions().growth_factor(factor)),
                    thexp::UsageError);
  }
  CHECK_THROWS_AS(GradScaler(GradScalerOptions().backoff_factor(1)),
                  thexp::UsageError);
  CHECK_THROWS_AS(GradScaler(GradScalerOptions().growth_interval(0)),
                  thexp::UsageError);
  GradScaler scaler;
  OneWeight one;
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { scaler.step(one.optimizer); }),
      "call scale(loss).backward()");
  at::Tensor half = torch::ones({1}, torch::kHalf).requires_grad_();
  half.mutable_grad() = torch::ones({1}, torch::kHalf);
  torch::optim::SGD narrow({half}, 0.1);
  scaler.scale(one.weight);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { scaler.step(narrow); }),
                 "a gradient is float16");
}

// -- in a Trainer ------------------------------------------------------------

struct Scaled {
  Scaled(const TempDir& dir, int64_t accumulate, bool enabled = true)
      : params(dir), trainer(params) {
    params.batch_size = 2;
    params.accumulate = accumulate;
    scaler = &trainer.add_callback<GradScaler>(
        GradScalerOptions().init_scale(1024).growth_interval(3).enabled(
            enabled));
    trainer.change_train_loss = [this](const at::Tensor& loss) {
      bool spoil = trainer.progress().step == infinite_step;
      return scaler->scale(spoil ? loss * kInf : loss);
    };
  }
  ToyParams params;
  ToyTrainer trainer;
  GradScaler* scaler;
  int64_t infinite_step = -1;
};

TEST_CASE("a training is the same with a scale and without") {
  TempDir dir;
  for (int64_t accumulate : {1, 4}) {  // six batches: windows of 4 and 2
    INFO("accumulate " << accumulate);
    Scaled plain(dir, accumulate, false), scaled(dir, accumulate);
    plain.trainer.train();
    scaled.trainer.train();
    CHECK(torch::equal(plain.trainer.net->weight, scaled.trainer.net->weight));
    int64_t updates = scaled.trainer.optimizer("optim").updates();
    CHECK(updates == (accumulate == 1 ? 12 : 4));
    CHECK(scaled.scaler->get_scale() == (accumulate == 1 ? 16384 : 2048));
  }
}

TEST_CASE("a window with one infinite gradient is dropped, and only that") {
  TempDir dir;
  Scaled scaled(dir, 4);
  scaled.infinite_step = 1;
  scaled.trainer.train_steps(2);
  CHECK(scaled.scaler->get_scale() == 1024);  // the window is open
  scaled.trainer.train_steps(2);
  CHECK(scaled.trainer.optimizer("optim").updates() == 0);
  CHECK(scaled.scaler->get_scale() == 512);
  scaled.trainer.train_steps(2);  // the epoch's end closes the second window
  CHECK(scaled.trainer.optimizer("optim").updates() == 1);
  CHECK(scaled.scaler->get_scale() == 512);
}

TEST_CASE("callbacks see unscaled gradients") {
  struct Largest : thexp::Callback {
    int priority() const override { return kMutate; }
    bool on_update_begin(thexp::Trainer&, thexp::OptimizerSlot& slot) override {
      for (const at::Tensor& parameter : slot.parameters()) {
        double size = parameter.grad().abs().max().item<float>();
        largest = std::max(largest, size);
      }
      return true;
    }
    double largest = 0;
  };
  TempDir dir;
  auto largest = [&](bool enabled) {
    Scaled scaled(dir, 1, enabled);
    Largest& seen = scaled.trainer.add_callback<Largest>();
    scaled.trainer.train();
    return seen.largest;
  };
  CHECK(largest(true) == largest(false));
}

TEST_CASE("the scale is in the checkpoint, also in an open window") {
  TempDir dir;
  Scaled whole(dir, 2), first(dir, 2), second(dir, 2);
  whole.trainer.train();
  first.trainer.train_steps(5);
  second.trainer.load_state(first.trainer.state().clone());
  second.trainer.train();
  CHECK(torch::equal(whole.trainer.net->weight, second.trainer.net->weight));
  CHECK(whole.scaler->get_scale() == second.scaler->get_scale());
}

struct SkipsBatches : thexp::Callback {
  thexp::ExceptionAction on_exception(thexp::Trainer&,
                                      const std::exception&) override {
    return thexp::ExceptionAction::kSkipBatch;
  }
};

// Breaks after the update of an infinite step.
struct BreaksAfterUpdate : thexp::Callback {
  int priority() const override { return kMutate - 20; }
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    if (trainer.progress().step == 3) throw std::runtime_error("boom");
  }
};

TEST_CASE("a batch that broke does not count, resumed or not") {
  TempDir dir;
  auto spoiled = [&](const char* name) {
    auto run = std::make_unique<Scaled>(dir, 1);
    run->params.exp_name = name;
    run->infinite_step = 2;
    run->trainer.add_callback<SkipsBatches>();
    run->trainer.add_callback<BreaksAfterUpdate>();
    return run;
  };
  auto whole = spoiled("whole"), first = spoiled("first"),
       second = spoiled("second");
  whole->trainer.train_steps(5);
  first->trainer.train_steps(3);
  second->trainer.load_state(first->trainer.state().clone());
  second->trainer.train_steps(2);
  // It grew after the third whole batch.
  CHECK(whole->scaler->get_scale() == 2048);
  CHECK(second->scaler->get_scale() == 2048);
  CHECK(torch::equal(whole->trainer.net->weight, second->trainer.net->weight));
}

TEST_CASE("a Trainer's optimizer is stepped by its scaler or by itself") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.setup();
  GradScaler alone;
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { alone.step(*trainer.optim); }),
      "add_callback<thexp::GradScaler>()");
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { alone.unscale_(*trainer.optim); }),
      "add GradientClipping");
}

}  // namespace
