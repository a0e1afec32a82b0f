#include "thexp/state/rnd_manager.h"

#include <torch/nn.h>
#include <torch/optim/sgd.h>

#include <functional>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"

namespace {

using thexp::RndManager;
using thexp::State;
using thexp_test::message_of;

at::Tensor train_once() {
  at::Tensor data = torch::rand({5, 2});
  torch::nn::Linear model(2, 2);
  torch::optim::SGD optimizer(model->parameters(), 0.01);
  model->forward(data).pow(2).mean().backward();
  optimizer.step();
  return model->weight.detach().clone();
}

TEST_CASE("T12 a mark of the same name gives bitwise equal weights") {
  RndManager rnd(1);
  rnd.mark("train");
  at::Tensor first = train_once();
  rnd.mark("train");
  CHECK(torch::equal(first, train_once()));
  rnd.mark("test");
  CHECK_FALSE(torch::equal(first, train_once()));
}

TEST_CASE("T12 after shuffle the draws differ, and its seed repeats them") {
  RndManager rnd(1);
  rnd.mark("train");
  at::Tensor marked = torch::rand({8});
  uint64_t seed = rnd.shuffle();
  at::Tensor shuffled = torch::rand({8});
  CHECK_FALSE(torch::equal(marked, shuffled));
  torch::manual_seed(seed);
  CHECK(torch::equal(shuffled, torch::rand({8})));
  CHECK(rnd.shuffle() != seed);
}

TEST_CASE("T12 a mark's seed is the same in any process") {
  CHECK(RndManager(1).mark("train") == 0x652c2a02473217e3);
  CHECK(RndManager(2).mark("train") != RndManager(1).mark("train"));
  CHECK(RndManager(1).mark("test") != RndManager(1).mark("train"));
}

TEST_CASE("T12 fix_seed seeds as torch::manual_seed does, and the engine") {
  RndManager rnd;
  rnd.fix_seed(10);
  at::Tensor fixed = torch::rand({4});
  uint64_t drawn = rnd.engine()();
  torch::manual_seed(10);
  CHECK(torch::equal(fixed, torch::rand({4})));
  CHECK(drawn == std::mt19937_64(10)());
  CHECK(rnd.seed() == 10);
  CHECK(rnd.mark("a") == RndManager(10).mark("a"));
}

TEST_CASE("T12 a restored state goes on mid-stream, odd normal draws too") {
  RndManager rnd(3);
  rnd.mark("train");
  for (int draws : {0, 1, 3, 15, 16, 17}) {
    torch::randn({draws});
    torch::randn({1}, torch::kDouble);
    rnd.engine()();
    // Through a file, as a checkpoint does it.
    State state = thexp::from_pt_bytes(thexp::to_pt_bytes(rnd.state()));
    auto next = [&] {
      torch::nn::Dropout dropout(0.5);
      return torch::cat({torch::randn({3}), torch::rand({2}),
                         torch::randperm(5).to(torch::kFloat),
                         dropout->forward(torch::ones({9}))});
    };
    at::Tensor expected = next();
    uint64_t expected_engine = rnd.engine()();
    rnd.shuffle();
    rnd.load_state(state);
    INFO("after " << draws << " normal draws");
    CHECK(torch::equal(expected, next()));
    CHECK(expected_engine == rnd.engine()());
  }
}

TEST_CASE("T12 a state that is none is refused and changes nothing") {
  RndManager rnd(3);
  State before = rnd.state().clone();
  auto error = [&](const std::function<void(State&)>& change) {
    State state = before.clone();
    change(state);
    std::string message =
        message_of<thexp::FormatError>([&] { rnd.load_state(state); });
    CHECK(thexp::equal(before, rnd.state()));
    return message;
  };
  CHECK_CONTAINS(error([](State& s) { s["cpu"] = torch::zeros({3}); }),
                 "but tensor float32 [3] was given");
  CHECK_CONTAINS(error([](State& s) { s["engine"] = "12 x"; }),
                 "'engine' is not a state");
  CHECK_CONTAINS(error([](State& s) { s["cuda"] = State::List(99); }),
                 "of 99 CUDA devices");
  CHECK_CONTAINS(error([](State& s) { s = State::Dict{}; }),
                 "an entry 'engine', which is missing");
}

TEST_CASE("T12 a state from a machine with GPUs can be taken without them") {
  RndManager rnd(3);
  rnd.mark("train");
  State state = rnd.state().clone();
  auto generators = state["cuda"].size();
  state["cuda"].as_list().push_back(torch::zeros({16}, torch::kByte));
  at::Tensor next = torch::rand({4});
  CHECK_CONTAINS(message_of<thexp::FormatError>([&] { rnd.load_state(state); }),
                 "of " + std::to_string(generators + 1) + " CUDA devices");
  rnd.load_state(state, thexp::CudaGenerators::kCommon);
  CHECK(torch::equal(next, torch::rand({4})));
  // And the other way round.
  state["cuda"] = State::List{};
  rnd.load_state(state, thexp::CudaGenerators::kCommon);
  CHECK(torch::equal(next, torch::rand({4})));
}

}  // namespace
