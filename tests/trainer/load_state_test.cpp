// load_state() takes all or nothing, and what could not be saved does not
// start.
#include <torch/nn/modules/container/sequential.h>

#include "catch.h"
#include "thexp/base/error.h"
#include "toy_trainer.h"

namespace {

using thexp::State;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Keeps its number as text, so that a number in its place does not fit.
struct Counter : thexp::Callback {
  explicit Counter(std::string name) : own_name(std::move(name)) {}
  std::string name() const override { return own_name; }
  State state() const override { return std::to_string(count); }
  void load_state(const State& state) override {
    count = -1;  // as careless as a user's own
    count = std::stoi(state.as_text());
  }
  std::string own_name;
  int count = 0;
};

struct Toy {
  explicit Toy(const TempDir& dir) : params(dir), trainer(params) {
    params.accumulate = 2;
    first = &trainer.add_callback<Counter>("first");
    second = &trainer.add_callback<Counter>("second");
    trainer.keep("kept", kept);
  }
  ToyParams params;
  ToyTrainer trainer;
  Counter* first;
  Counter* second;
  int64_t kept = 0;
};

// The trainer's state without what its folder's files look like.
State comparable(ToyTrainer& trainer) {
  State state = trainer.state().clone();
  state["thexp"]["files"] = nullptr;
  return state;
}

TEST_CASE("a state of which one part does not fit changes nothing") {
  TempDir dir;
  Toy saved(dir), loaded(dir);
  saved.trainer.train_steps(4);
  saved.first->count = saved.second->count = 7;
  saved.kept = 5;
  loaded.trainer.train_steps(1);
  State before = comparable(loaded.trainer);
  auto refused = [&](const std::function<void(State&)>& change) {
    State state = saved.trainer.state().clone();
    change(state);
    std::string message = message_of<thexp::FormatError>(
        [&] { loaded.trainer.load_state(state); });
    CHECK(thexp::first_difference(before, comparable(loaded.trainer)) == "");
    return message;
  };
  CHECK_CONTAINS(refused([](State& s) { s["thexp"]["random"]["seed"] = "x"; }),
                 "nothing was loaded:\n  random state: 'seed' is text 'x'");
  CHECK_CONTAINS(
      refused([](State& s) { s["thexp"]["callbacks"]["second"] = 3; }),
      "callback 'second': ");
  CHECK_CONTAINS(refused([](State& s) { s["thexp"]["kept"]["kept"] = "x"; }),
                 "kept member 'kept': ");
  CHECK_CONTAINS(refused([](State& s) { s["thexp"]["kept"]["more"] = 1; }),
                 "kept members: missing in the state: nothing; unexpected: "
                 "more; kept here: kept");
  CHECK_CONTAINS(refused([](State& s) { s["thexp"]["progress"]["step"] = {}; }),
                 "counter 'step': ");
  CHECK_CONTAINS(
      refused([](State& s) { s["thexp"]["meters"]["train"]["count"] = "x"; }),
      "meters: ");
  CHECK_CONTAINS(refused([](State& s) {
                   s["thexp"]["windows"]["optim"]["held"] = State::List(3);
                 }),
                 "optimizer 'optim': there are 3 gradients");
  loaded.trainer.load_state(saved.trainer.state());
  CHECK(loaded.kept == 5);
  CHECK(loaded.second->count == 7);
}

TEST_CASE("one error lists every part that does not fit") {
  TempDir dir;
  Toy toy(dir);
  State state = toy.trainer.state().clone();
  state["net"]["weight"] = torch::zeros({3, 3});
  state["optim"]["param_groups"][0]["lr"] = "fast";
  CHECK(
      message_of<thexp::FormatError>([&] { toy.trainer.load_state(state); }) ==
      "the state does not fit, nothing was loaded:\n"
      "  model 'net': the state does not fit the module:\n"
      "    wrong: weight is tensor float32 [3, 3], not tensor float32 [1, 2]\n"
      "  optimizer 'optim': the state does not fit the optimizer:\n"
      "    param_groups/0/lr is text 'fast', not a number");
}

TEST_CASE("what on_save adds comes to on_load") {
  struct Note : thexp::Callback {
    void on_save(thexp::Trainer&, State& state) override { state["note"] = 8; }
    void on_load(thexp::Trainer&, const State& state) override {
      note = state.at("note").as_integer();
    }
    int64_t note = 0;
  };
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Note& note = trainer.add_callback<Note>();
  trainer.load_state(trainer.state().clone());
  CHECK(note.note == 8);
}

// Counts its saves, and draws a random number and a decision in each.
struct CountsSaves : thexp::Callback {
  CountsSaves() { keep("saves", saves); }
  void on_save(thexp::Trainer& trainer, State&) override {
    ++saves;
    drawn = torch::rand({1});
    if (saves == 2) trainer.stop_train("saved enough");
  }
  int64_t saves = 0;
  at::Tensor drawn;
};

TEST_CASE("what on_save changes of its own is in that state already") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer trainer(params), resumed(again);
  CountsSaves& counts = trainer.add_callback<CountsSaves>();
  CountsSaves& later = resumed.add_callback<CountsSaves>();
  State state = trainer.state().clone();
  CHECK(state.at_path({"thexp", "callbacks", "CountsSaves", "saves"})
            .as_integer() == 1);
  state = trainer.state().clone();
  resumed.load_state(state);
  CHECK(later.saves == 2);
  CHECK(resumed.stopping());
  // The next number is not one that was drawn before.
  trainer.rnd().load_state(state.at_path({"thexp", "random"}));
  CHECK_FALSE(torch::equal(torch::rand({1}), counts.drawn));
}

TEST_CASE("a state from another device needs to be allowed") {
  TempDir dir;
  Toy toy(dir);
  State state = toy.trainer.state().clone();
  state["thexp"]["device"] =
      State::Dict{{"device", "cuda:0"}, {"cuda_devices", 2}};
  // As two GPUs' generators give it; here is none of them.
  state["thexp"]["random"]["cuda"] =
      State::List(2, torch::zeros({16}, torch::kByte));
  std::string message =
      message_of<thexp::UsageError>([&] { toy.trainer.load_state(state); });
  CHECK_CONTAINS(message, "its device changed");
  CHECK_CONTAINS(message, "device: \"cuda:0\" -> \"cpu\"");
  CHECK_CONTAINS(message, "cuda_devices: 2 -> absent");
  CHECK_CONTAINS(message, "--allow=device");

  ToyParams params(dir);
  params.allow = "device";
  ToyTrainer allowed(params);
  allowed.keep("kept", toy.kept);
  allowed.add_callback<Counter>("first");
  allowed.add_callback<Counter>("second");
  params.accumulate = 2;
  CHECK_NOTHROW(allowed.load_state(state));
}

// -- what does not start ------------------------------------------------------

std::string refusal(const std::function<void(ToyTrainer&)>& on_models) {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = on_models;
  return message_of<thexp::UsageError>([&] { trainer.setup(); });
}

struct Sparse : torch::nn::Module {
  Sparse() {
    register_buffer("graph", torch::eye(3).to_sparse());
    register_buffer("none", at::Tensor());
  }
};

TEST_CASE("a model whose buffer no file can hold does not start") {
  std::string message = refusal([](ToyTrainer& toy) {
    toy.add_model("sparse", std::make_shared<Sparse>());
  });
  CHECK_CONTAINS(message,
                 "model 'sparse' has state that a checkpoint cannot carry, so "
                 "training does not start: 'graph' cannot be saved");
  CHECK_CONTAINS(message, "layout Sparse");
}

TEST_CASE("an optimizer over weights of no model does not start") {
  auto weights = torch::zeros({2, 3}, torch::requires_grad());
  auto with_optimizer = [&](ToyTrainer& toy) {
    toy.add_optimizer("other", torch::optim::SGD({weights}, 0.1));
  };
  CHECK_CONTAINS(refusal(with_optimizer),
                 "optimizer 'other' trains what no checkpoint would carry (1 "
                 "of its parameters, the first is tensor float32 [2, 3]), so "
                 "training does not start: give their module to add_model(), "
                 "or the tensors to keep()");
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = [&](ToyTrainer& toy) {
    toy.keep("weights", weights);
    with_optimizer(toy);
  };
  State state = trainer.state().clone();
  {
    torch::NoGradGuard no_grad;
    weights.fill_(4);
  }
  at::Tensor same = weights;
  trainer.load_state(state);
  CHECK(same.is_same(weights));  // the one that the optimizer trains
  CHECK(torch::equal(same, torch::zeros({2, 3})));
  CHECK(same.requires_grad());
}

TEST_CASE("a kept tensor does not stand for another of the same value") {
  auto kept = torch::zeros({1}, torch::requires_grad());
  auto forgotten = torch::zeros({1}, torch::requires_grad());
  CHECK_CONTAINS(
      refusal([&](ToyTrainer& toy) {
        toy.keep("kept", kept);
        toy.add_optimizer("two", torch::optim::SGD({kept, forgotten}, 0.1));
      }),
      "trains what no checkpoint would carry (1 of its parameters");
}

// Gives copies of what it holds.
struct Codebook : thexp::Stateful {
  State state() const override { return State(words.detach().clone()); }
  void load_state(const State& state) override {
    torch::NoGradGuard no_grad;
    words.copy_(state.as_tensor());
  }
  at::Tensor words = torch::rand({4, 2}, torch::requires_grad());
};

TEST_CASE("an optimizer may train what a kept object gives copies of") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  Codebook codebook;
  trainer.on_models = [&](ToyTrainer& toy) {
    toy.keep("codebook", codebook);
    toy.add_optimizer("codes", torch::optim::SGD({codebook.words}, 0.1));
  };
  CHECK_NOTHROW(trainer.setup());
}

struct OwnOptimizer : torch::optim::SGD {
  using SGD::SGD;
};

class Newton : public torch::optim::Optimizer {
 public:
  explicit Newton(std::vector<at::Tensor> parameters)
      : Optimizer(std::move(parameters),
                  std::make_unique<torch::optim::SGDOptions>(1.0)) {}
  at::Tensor step(LossClosure = nullptr) override { return {}; }
};

TEST_CASE("an optimizer whose state is unknown does not start") {
  std::string message = refusal([](ToyTrainer& toy) {
    toy.add_optimizer("newton", Newton(toy.net->parameters()));
  });
  CHECK_CONTAINS(message, "optimizer 'newton' has state that a checkpoint");
  CHECK_CONTAINS(message, "the state of a (anonymous namespace)::Newton is");
  CHECK_CONTAINS(message,
                 "derives from thexp::Stateful and implements state()");
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.on_models = [](ToyTrainer& toy) {
    toy.add_optimizer("own", OwnOptimizer(toy.net->parameters(), 0.1));
  };
  CHECK_NOTHROW(trainer.setup());
}

TEST_CASE("a callback that does not take its state back does not start") {
  struct Half : thexp::Callback {
    State state() const override { return State::Dict{{"seen", 1}}; }
  };
  struct Forgetful : thexp::Callback {
    int64_t seen = 3;
    State state() const override { return State::Dict{{"seen", seen}}; }
    void load_state(const State&) override { seen = 0; }
  };
  auto message = [](auto callback) {
    TempDir dir;
    ToyParams params(dir);
    ToyTrainer trainer(params);
    trainer.add_callback<decltype(callback)>();
    return message_of<thexp::UsageError>([&] { trainer.setup(); });
  };
  CHECK_CONTAINS(message(Half()),
                 "Half' does not take back the state that it gave");
  CHECK_CONTAINS(message(Forgetful()), "seen: integer 3, integer 0");
}

TEST_CASE("a callback keeps its members from its construction on") {
  struct Late : thexp::Callback {
    int64_t seen = 0;
    void on_train_begin(thexp::Trainer&) override { keep("seen", seen); }
  };
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<Late>();
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.train(); }),
                 "keep: 'seen' comes too late");
}

TEST_CASE("a callback that cannot give its state does not start") {
  struct Silent : thexp::Callback {
    State state() const override { throw thexp::UsageError("I have none"); }
  };
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<Silent>();
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { trainer.setup(); }),
      "Silent' has state that a checkpoint cannot carry, so training "
      "does not start: I have none");
}

}  // namespace
