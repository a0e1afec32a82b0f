#include "thexp/callbacks/ema.h"

#include <torch/nn/modules/batchnorm.h>

#include <cmath>
#include <limits>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/state/module_state.h"
#include "thexp/state/pt.h"

namespace {

using thexp::Ema;
using thexp::EmaOptions;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Tensors = std::vector<at::Tensor>;

EmaOptions decay(double value) { return EmaOptions().decay(value); }

at::Tensor copy_of(const at::Tensor& tensor) { return tensor.detach().clone(); }

// The weight before training and after every batch.
struct Averaged {
  Averaged(const TempDir& dir, const EmaOptions& options)
      : params(dir), trainer(params), ema(trainer.add_callback<Ema>(options)) {
    trainer.add_callback<Probe>().at_batch_end = [this](thexp::Trainer&) {
      weights.push_back(copy_of(trainer.net->weight));
    };
  }

  // Setting up makes the weights that training begins with.
  void train() {
    trainer.setup();
    weights.push_back(copy_of(trainer.net->weight));
    trainer.train();
  }

  ToyParams params;
  ToyTrainer trainer;
  Ema& ema;
  Tensors weights;
};

TEST_CASE("T20 Ema is the moving average of the weights after every step") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.train();
  REQUIRE(run.weights.size() == 7);
  at::Tensor expected = run.weights[0];
  for (std::size_t i = 1; i < run.weights.size(); ++i) {
    expected = 0.9 * expected + 0.1 * run.weights[i];
  }
  CHECK(torch::allclose(run.ema.averages()[0], expected, 1e-6, 1e-7));
  CHECK_FALSE(
      torch::allclose(run.ema.averages()[0], run.weights.back(), 1e-6, 1e-7));
}

TEST_CASE("Ema's decay may rise over the first updates") {
  TempDir dir;
  Averaged run(dir, decay(0.15).warm_up(true));
  run.train();
  at::Tensor expected = run.weights[0];
  const double decays[] = {1 / 10.0, 0.15, 0.15, 0.15, 0.15, 0.15};
  for (std::size_t i = 0; i < 6; ++i) {
    expected = decays[i] * expected + (1 - decays[i]) * run.weights[i + 1];
  }
  CHECK(torch::allclose(run.ema.averages()[0], expected, 1e-6, 1e-7));
}

TEST_CASE("Ema averages buffers, and copies those that hold integers") {
  TempDir dir;
  Averaged run(dir, decay(0.5));
  torch::nn::BatchNorm1d norm{nullptr};
  run.trainer.on_models = [&](ToyTrainer& toy) {
    norm = toy.add_model("norm", torch::nn::BatchNorm1d(2));
  };
  run.trainer.on_train_batch = [&](const thexp::Batch& batch) {
    norm->forward(batch[0]);
  };
  run.trainer.train_steps(1);
  at::Tensor mean = copy_of(norm->running_mean);
  const Tensors& averages = run.ema.averages();
  REQUIRE(averages.size() == 7);                    // two of net, five of norm
  CHECK(torch::allclose(averages[4], 0.5 * mean));  // it began at zero
  CHECK(averages[6].scalar_type() == at::kLong);
  CHECK(averages[6].item<int64_t>() == 1);
  run.trainer.train_steps(2);
  CHECK(averages[6].item<int64_t>() == 3);
}

TEST_CASE("evaluation uses the averages and gives the weights back, exactly") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.trainer.with_test = true;
  Tensors seen;
  run.trainer.change_eval_loss = [&](const at::Tensor& loss) {
    seen.push_back(copy_of(run.trainer.net->weight));
    return loss;
  };
  run.train();
  at::Tensor trained = copy_of(run.trainer.net->weight);
  at::Tensor average = copy_of(run.ema.averages()[0]);
  run.trainer.eval();
  run.trainer.test();
  REQUIRE(seen.size() == 6);  // three batches each
  for (const at::Tensor& weight : seen) CHECK(torch::equal(weight, average));
  CHECK(torch::equal(run.trainer.net->weight, trained));
  CHECK(torch::equal(run.ema.averages()[0], average));
}

TEST_CASE("Ema may leave evaluation alone") {
  TempDir dir;
  Averaged run(dir, decay(0.9).use_in_eval(false));
  at::Tensor seen;
  run.trainer.change_eval_loss = [&](const at::Tensor& loss) {
    seen = copy_of(run.trainer.net->weight);
    return loss;
  };
  run.train();
  run.trainer.eval();
  CHECK(torch::equal(seen, run.trainer.net->weight));
}

TEST_CASE("an evaluation that throws leaves the trained weights in place") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.train();
  at::Tensor trained = copy_of(run.trainer.net->weight);
  run.trainer.change_eval_loss = [](const at::Tensor&) -> at::Tensor {
    throw std::runtime_error("boom");
  };
  CHECK_THROWS_AS(run.trainer.eval(), std::runtime_error);
  CHECK(torch::equal(run.trainer.net->weight, trained));

  Averaged inside(dir, decay(0.9));
  inside.trainer.change_eval_loss = run.trainer.change_eval_loss;
  inside.trainer.add_callback<thexp::EvalCallback>();
  CHECK_THROWS_AS(inside.train(), std::runtime_error);
  CHECK(torch::equal(inside.trainer.net->weight, inside.weights.back()));
}

TEST_CASE("training goes on with its weights when a callback catches that") {
  TempDir dir;
  Averaged whole(dir, decay(0.9)), run(dir, decay(0.9));
  run.trainer.change_eval_loss = [](const at::Tensor&) -> at::Tensor {
    throw std::runtime_error("boom");
  };
  auto& probe = run.trainer.add_callback<Probe>(Probe::kObserve, "Catcher");
  probe.at_epoch_end = [](thexp::Trainer& trainer) {
    CHECK_THROWS_AS(trainer.eval(), std::runtime_error);
  };
  whole.params.checkpoint_every = 0;
  run.params.checkpoint_every = 0;
  whole.train();
  run.train();
  REQUIRE(run.weights.size() == whole.weights.size());
  for (std::size_t i = 0; i < whole.weights.size(); ++i) {
    CHECK(torch::equal(run.weights[i], whole.weights[i]));
  }
}

TEST_CASE("a checkpoint holds the trained weights and the averages") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.train();
  thexp::State state = run.trainer.saver().load_latest()->state;
  CHECK(torch::equal(state.at_path({"net", "weight"}).as_tensor(),
                     run.trainer.net->weight.cpu()));
  CHECK(torch::equal(
      state.at_path({"thexp", "callbacks", "Ema", "averages", 0}).as_tensor(),
      run.ema.averages()[0].cpu()));
}

TEST_CASE("Ema goes on exactly after a resume in mid-epoch") {
  TempDir dir;
  Averaged whole(dir, decay(0.9).warm_up(true));
  Averaged first(dir, decay(0.9).warm_up(true));
  Averaged second(dir, decay(0.9).warm_up(true));
  whole.train();
  first.trainer.train_steps(4);
  second.trainer.load_state(first.trainer.state().clone());
  second.trainer.train();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(torch::equal(second.ema.averages()[i], whole.ema.averages()[i]));
  }
}

TEST_CASE("two optimizers that step in one batch make one update") {
  TempDir dir;
  Averaged one(dir, decay(0.5)), two(dir, decay(0.5));
  thexp::Optimizer<torch::optim::SGD> other;
  at::Tensor idle = torch::zeros(1);  // no gradient
  two.trainer.on_models = [&](ToyTrainer& toy) {
    toy.keep("idle", idle);
    other = toy.add_optimizer("other", torch::optim::SGD({idle}, 0.1));
  };
  two.trainer.on_train_batch = [&](const thexp::Batch&) { other->step(); };
  one.train();
  two.train();
  CHECK(two.trainer.optimizer("other").updates() == 6);
  CHECK(torch::equal(one.ema.averages()[0], two.ema.averages()[0]));
}

TEST_CASE("a window that is cut short is averaged, too") {
  TempDir dir;
  Averaged run(dir, decay(0.5));
  run.params.epoch = 1;
  run.params.batch_size = 2;
  run.params.accumulate = 3;
  run.trainer.find_callback<Probe>()->at_batch_end = [](thexp::Trainer& at) {
    if (at.progress().batch == 2) at.stop_epoch();
  };
  run.train();
  CHECK(run.trainer.optimizer("optim").updates() == 1);
  at::Tensor expected = 0.5 * (run.weights[0] + run.trainer.net->weight);
  CHECK(torch::allclose(run.ema.averages()[0], expected, 1e-6, 1e-7));
}

TEST_CASE("weights that two models share are averaged and restored once") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.trainer.on_models = [](ToyTrainer& toy) {
    toy.add_model("again", toy.net);
  };
  run.train();
  CHECK(run.ema.averages().size() == 2);
  run.trainer.eval();
  CHECK(torch::equal(run.trainer.net->weight, run.weights.back()));
}

TEST_CASE("Ema's averages can be put into the models for good") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  CHECK_THROWS_AS(run.ema.copy_to_models(run.trainer), thexp::UsageError);
  run.train();
  run.ema.copy_to_models(run.trainer);
  CHECK(torch::equal(run.trainer.net->weight, run.ema.averages()[0]));
}

// Predicts the toy's examples.
struct PredictingTrainer : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  void datasets() override {
    ToyTrainer::datasets();
    add_loader(thexp::Phase::kPredict, data(),
               thexp::LoaderOptions().batch_size(12));
  }
  at::Tensor predict_batch(const thexp::Batch& batch) override {
    if (fails) throw std::runtime_error("boom");
    return net->forward(batch[0]);
  }
  bool fails = false;
};

TEST_CASE("predict() computes with the averages, as eval() does") {
  TempDir dir;
  ToyParams params(dir);
  PredictingTrainer trainer(params);
  auto& ema = trainer.add_callback<Ema>(decay(0.9));
  trainer.train();
  at::Tensor trained = copy_of(trainer.net->weight);
  at::Tensor outputs = trainer.predict();
  CHECK(torch::equal(trainer.net->weight, trained));
  ema.copy_to_models(trainer);
  at::Tensor inputs =
      ToyTrainer::data()->get({0, 1, 2, 3})[0].to(trainer.device());
  CHECK(torch::equal(outputs.slice(0, 0, 4),
                     trainer.net->forward(inputs).detach()));
}

TEST_CASE("a prediction that throws leaves the trained weights in place") {
  TempDir dir;
  ToyParams params(dir);
  PredictingTrainer trainer(params);
  trainer.add_callback<Ema>(decay(0.9));
  trainer.train();
  at::Tensor trained = copy_of(trainer.net->weight);
  trainer.fails = true;
  CHECK_THROWS_AS(trainer.predict(), std::runtime_error);
  CHECK(torch::equal(trainer.net->weight, trained));
}

TEST_CASE("the models are saved as trained and as averages") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.train();
  const thexp::Saver& saver = run.trainer.saver();
  thexp::LoadedFile trained = saver.load_model("net");
  thexp::LoadedFile average = saver.load_model("net.ema");
  CHECK(torch::equal(trained.state.at("weight").as_tensor(),
                     run.trainer.net->weight.cpu()));
  CHECK(torch::equal(average.state.at("weight").as_tensor(),
                     run.ema.averages()[0].cpu()));
  CHECK(torch::equal(average.state.at("bias").as_tensor(),
                     run.ema.averages()[1].cpu()));
  CHECK(average.info.at("ema").to_json() == R"({"decay":0.9,"updates":6})");
  CHECK(average.info.at("step").as_integer() == 6);
  CHECK(trained.info.find("ema") == nullptr);
}

TEST_CASE("two averages: one of them evaluates") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  auto& slow = run.trainer.add_callback<Ema>(decay(0.99).use_in_eval(false));
  run.train();
  CHECK(slow.key() == "Ema#2");
  at::Tensor fast = run.ema.averages()[0].cpu().clone();
  at::Tensor slow_average = slow.averages()[0].cpu();
  CHECK_FALSE(torch::equal(slow_average, fast));
  const thexp::Saver& saver = run.trainer.saver();
  CHECK(torch::equal(saver.load_model("net.ema").state.at("weight").as_tensor(),
                     fast));
  CHECK(
      torch::equal(saver.load_model("net.ema2").state.at("weight").as_tensor(),
                   slow_average));
  CHECK(torch::equal(run.trainer.net->weight, run.weights.back()));

  Averaged both(dir, decay(0.9));
  both.trainer.add_callback<Ema>(decay(0.99));
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { both.train(); }),
      "Ema and Ema#2 would both put their averages into the models");
}

TEST_CASE("averages that a state brings in mid-training are followed") {
  TempDir dir;
  Averaged run(dir, decay(0.5));
  thexp::State state;
  run.trainer.find_callback<Probe>()->at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step == 1) state = at.state().clone();
    if (at.progress().step == 2 && run.weights.empty()) {
      at.load_state(state);
      run.weights.push_back(copy_of(run.ema.averages()[0]));
    } else if (!run.weights.empty()) {
      run.weights.push_back(copy_of(run.trainer.net->weight));
      if (run.weights.size() == 3) at.stop_train("enough");
    }
  };
  run.params.batch_size = 2;
  run.trainer.train();
  REQUIRE(run.weights.size() == 3);
  at::Tensor expected = run.weights[0];
  for (int i : {1, 2}) expected = 0.5 * (expected + run.weights[i]);
  CHECK(torch::allclose(run.ema.averages()[0], expected, 1e-6, 1e-7));
}

TEST_CASE("an Ema that is added in mid-training begins there") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Ema* ema = nullptr;
  at::Tensor begin;
  trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step == 2) ema = &at.add_callback<Ema>(decay(0.5));
    if (at.progress().step == 3) begin = copy_of(trainer.net->weight);
  };
  trainer.train_steps(4);
  at::Tensor expected = 0.5 * (begin + trainer.net->weight.detach());
  REQUIRE(ema != nullptr);
  CHECK(torch::allclose(ema->averages()[0], expected, 1e-6, 1e-7));
}

TEST_CASE("a state of more models does not fit an Ema either") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<Ema>(decay(0.5));
  trainer.train_steps(1);
  thexp::State state = trainer.state().clone();
  state["teacher"] = thexp::State::Dict{};
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::Error>([&] { trainer.load_state(state); }),
      "teacher");
}

TEST_CASE("averages that are loaded in mid-training are those that follow") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Ema& ema = trainer.add_callback<Ema>(decay(0.5));
  at::Tensor loaded;
  trainer.add_callback<Probe>().at_batch_end = [&](thexp::Trainer& at) {
    if (at.progress().step != 2) return;
    ema.load_state(ema.state().clone());
    loaded = copy_of(ema.averages()[0]);
  };
  trainer.train_steps(3);
  at::Tensor expected = 0.5 * (loaded + trainer.net->weight.detach());
  CHECK(torch::allclose(ema.averages()[0], expected, 1e-6, 1e-7));
}

TEST_CASE("Ema refuses a decay outside of [0, 1)") {
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([] { Ema ema(decay(1)); }),
      "decay 1 is outside of [0, 1)");
  CHECK_THROWS_AS(Ema(decay(-0.1)), thexp::UsageError);
}

// The averages, or the weights, of the best epoch: the first of two.
struct Best {
  explicit Best(const EmaOptions& options) : run(dir, options) {
    run.trainer.on_models = [this](ToyTrainer& trainer) {
      trainer.add_model("norm", torch::nn::BatchNorm1d(3));
    };
    auto& probe = run.trainer.add_callback<Probe>();
    probe.at_epoch_end = [this](thexp::Trainer& trainer) {
      if (trainer.progress().epoch != 1) return;
      average = copy_of(run.ema.averages()[0]);
      weight = copy_of(run.trainer.net->weight);
      trainer.mark_best();
    };
    run.train();
  }

  thexp::State file(const char* name) {
    return thexp::load_pt(run.trainer.active_run().models() / "best" / name);
  }

  TempDir dir;
  Averaged run;
  at::Tensor average, weight;
};

TEST_CASE("models/best has the averages of the best checkpoint, by name") {
  Best best(decay(0.9));
  thexp::State net = best.file("net.pt");
  CHECK(net.names() == std::vector<std::string>{"weight", "bias"});
  CHECK(torch::equal(net.at("weight").as_tensor(), best.average));
  CHECK_FALSE(torch::equal(best.average, best.weight));
  CHECK(best.file("norm.pt").names() ==
        std::vector<std::string>{"weight", "bias", "running_mean",
                                 "running_var", "num_batches_tracked"});
}

TEST_CASE("models/best has the weights where they were evaluated") {
  Best best(decay(0.9).use_in_eval(false));
  CHECK(
      torch::equal(best.file("net.pt").at("weight").as_tensor(), best.weight));
}

// One buffer of each kind that a checkpoint takes; training changes none.
struct Constants : torch::nn::Module {
  Constants() {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    register_buffer("mask", torch::full({2}, -kInf));
    register_buffer("gaps", torch::tensor({1.0f, kInf, std::nanf("")}));
    register_buffer("expanded", torch::full({1}, 3.0f).expand({5}));
    register_buffer("half", torch::full({3}, 0.5, torch::kHalf));
    register_buffer("brain", torch::full({3}, -kInf, torch::kBFloat16));
    register_buffer("wide", torch::full({2, 2}, kInf, torch::kDouble));
    register_buffer("count", torch::tensor({7}, torch::kLong));
    register_buffer("flags", torch::tensor({true, false}));
    register_buffer("empty", torch::zeros({0, 3}));
    register_buffer("large", torch::full({5000}, -kInf));
    register_parameter("bias", torch::full({2}, -kInf), false);
  }
};

TEST_CASE("Ema leaves constant buffers of every kind as they are") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  auto constants = std::make_shared<Constants>();
  run.trainer.on_models = [&](ToyTrainer& toy) {
    toy.add_model("constants", constants);
  };
  run.trainer.add_callback<thexp::EvalCallback>();
  thexp::State made = thexp::module_state(*constants).clone(), seen;
  run.trainer.change_eval_loss = [&](const at::Tensor& loss) {
    seen = thexp::module_state(*constants).clone();
    return loss;
  };
  run.train();
  CHECK(thexp::first_difference(seen, made) == "");
  CHECK(thexp::first_difference(thexp::module_state(*constants), made) == "");
  thexp::State saved = run.trainer.saver().load_model("constants.ema").state;
  CHECK(thexp::first_difference(saved, made) == "");

  Averaged resumed(dir, decay(0.9));
  auto again = std::make_shared<Constants>();
  resumed.trainer.on_models = [&](ToyTrainer& toy) {
    toy.add_model("constants", again);
  };
  resumed.trainer.add_callback<thexp::EvalCallback>();
  resumed.trainer.load_state(run.trainer.saver().load_latest()->state);
  resumed.trainer.eval();
  resumed.trainer.train_steps(2);
  resumed.ema.copy_to_models(resumed.trainer);
  CHECK(thexp::first_difference(thexp::module_state(*again), made) == "");
}

TEST_CASE("Ema averages half precision, too") {
  TempDir dir;
  for (at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    Averaged run(dir, decay(0.5));
    auto small = std::make_shared<torch::nn::Module>();
    at::Tensor weight =
        small->register_parameter("w", torch::zeros({3}, type), false);
    run.trainer.on_models = [&](ToyTrainer& toy) {
      toy.add_model("small", small);
    };
    run.trainer.on_train_batch = [&](const thexp::Batch&) { weight.fill_(8); };
    run.trainer.train_steps(2);
    CHECK(torch::equal(run.ema.averages()[2], torch::full({3}, 6, type)));
  }
}

TEST_CASE("an element that was infinite is averaged once it is not") {
  TempDir dir;
  Averaged run(dir, decay(0.5));
  auto least = std::make_shared<torch::nn::Module>();
  at::Tensor value = least->register_buffer(
      "least", torch::full({1}, std::numeric_limits<float>::infinity()));
  run.trainer.on_models = [&](ToyTrainer& toy) {
    toy.add_model("least", least);
  };
  run.trainer.on_train_batch = [&](const thexp::Batch&) {
    value.fill_(run.trainer.progress().step == 0 ? 4 : 2);
  };
  run.trainer.train_steps(1);
  CHECK(run.ema.averages()[2].item<float>() == 4);
  run.trainer.train_steps(1);
  CHECK(run.ema.averages()[2].item<float>() == 3);
}

TEST_CASE("Ema may copy buffers in place of averaging them") {
  TempDir dir;
  Averaged run(dir, decay(0.5).average_buffers(false));
  torch::nn::BatchNorm1d norm{nullptr};
  run.trainer.on_models = [&](ToyTrainer& toy) {
    norm = toy.add_model("norm", torch::nn::BatchNorm1d(2));
  };
  run.trainer.on_train_batch = [&](const thexp::Batch& batch) {
    norm->forward(batch[0]);
  };
  run.trainer.train_steps(2);
  CHECK(torch::equal(run.ema.averages()[4], norm->running_mean));
  CHECK_FALSE(torch::equal(run.ema.averages()[0], run.trainer.net->weight));
}

// A part of the weight has a name of its own.
TEST_CASE("tensors that share memory come back from an evaluation") {
  TempDir dir;
  Averaged run(dir, decay(0.9));
  run.trainer.on_models = [](ToyTrainer& toy) {
    toy.net->register_buffer("first", toy.net->weight.detach().narrow(1, 0, 1));
  };
  run.train();
  at::Tensor average = copy_of(run.ema.averages()[0]), seen;
  run.trainer.change_eval_loss = [&](const at::Tensor& loss) {
    seen = copy_of(run.trainer.net->weight);
    return loss;
  };
  run.trainer.eval();
  CHECK(torch::equal(seen, average));
  CHECK(torch::equal(run.trainer.net->weight, run.weights.back()));
  CHECK(torch::equal(run.ema.averages()[0], average));
}

}  // namespace
