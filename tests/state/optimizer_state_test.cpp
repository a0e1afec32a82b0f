#include "thexp/state/optimizer_state.h"

#include <torch/optim/lbfgs.h>

#include "catch.h"
#include "optimizer_zoo.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"
#include "thexp/state/stateful.h"

namespace {

using thexp::FormatError;
using thexp::State;
using thexp_test::message_of;
using thexp_test::Trained;

TEST_CASE("an optimizer's state has Python's layout") {
  Trained trained("adam");
  trained.steps(2);
  State state = thexp::optimizer_state(*trained.optimizer);
  CHECK(state.at_path({"param_groups", 0, "lr"}).as_real() == 0.05);
  CHECK(state.at_path({"param_groups", 1, "lr"}).as_real() == 0.02);
  CHECK(state.at_path({"param_groups", 0, "betas", 1}).as_real() == 0.98);
  CHECK(state.at_path({"param_groups", 1, "params", 0}).as_integer() == 1);
  CHECK(thexp::equal(state.at_path({"state", 0, "step"}), torch::tensor(2.0f)));
  CHECK(state.at_path({"state", 1, "max_exp_avg_sq"}).as_tensor().size(0) == 2);
}

TEST_CASE("a state from a file continues every optimizer bit for bit") {
  for (const std::string& name : thexp_test::optimizer_names()) {
    INFO(name);
    Trained whole(name);
    whole.steps(3);
    State saved = thexp::from_pt_bytes(thexp::to_pt_bytes(whole.state()));
    whole.steps(3);

    Trained resumed(name, /*other_options=*/true);
    resumed.load(saved);
    resumed.steps(3);
    CHECK(first_difference(whole.state(), resumed.state()) == "");
  }
}

TEST_CASE("a state from a file continues LBFGS bit for bit") {
  using torch::optim::LBFGS;
  using torch::optim::LBFGSOptions;
  auto options = LBFGSOptions(0.1).max_iter(3).history_size(4).line_search_fn(
      "strong_wolfe");
  Trained whole("sgd"), resumed("sgd");
  whole.optimizer = std::make_unique<LBFGS>(whole.model->parameters(), options);
  whole.steps(3);
  State saved = thexp::from_pt_bytes(thexp::to_pt_bytes(whole.state()));
  whole.steps(3);
  resumed.optimizer = std::make_unique<LBFGS>(resumed.model->parameters());
  resumed.load(saved);
  resumed.steps(3);
  CHECK(first_difference(whole.state(), resumed.state()) == "");
  saved["optim"]["state"][0]["old_dirs"] = State(7);
  saved["optim"]["state"][0]["t"] = State("fast");
  std::string message = message_of<FormatError>([&] { resumed.load(saved); });
  CHECK_CONTAINS(message, "state/0/old_dirs is integer 7, not a list");
  CHECK_CONTAINS(message, "state/0/t is");
}

TEST_CASE("a state from before the first step loads") {
  for (const std::string& name : thexp_test::optimizer_names()) {
    INFO(name);
    Trained fresh(name), used(name);
    State state = fresh.state().clone();
    used.steps(2);
    used.load(state);
    CHECK(first_difference(state, used.state()) == "");
  }
}

// Loads a changed state of Adam: the error, and that nothing was changed.
std::string error_after(const std::function<void(State&)>& change) {
  Trained trained("adam");
  trained.steps(1);
  State before = trained.state().clone();
  State changed = before["optim"].clone();
  change(changed);
  std::string message = message_of<FormatError>(
      [&] { thexp::load_optimizer_state(*trained.optimizer, changed); });
  CHECK(first_difference(before, trained.state()) == "");
  return message;
}

TEST_CASE("one error lists every option and tensor that does not fit") {
  std::string message = error_after([](State& state) {
    State& group = state["param_groups"][1];
    group["lr"] = "fast";
    group["betas"] = State::List{0.9};
    group["maximize"] = true;
    group["foreach"] = true;
    group["colour"] = 1;
    state["param_groups"][0]["amsgrad"] = 1;
    state["state"][0]["exp_avg"] = torch::zeros({7});
    state["state"][1].as_dict().erase(state["state"][1].as_dict().begin());
  });
  CHECK(message ==
        "the state does not fit the optimizer:\n"
        "  param_groups/0/amsgrad is integer 1, not a bool\n"
        "  state/0/exp_avg is tensor float32 [7], but its parameter is tensor "
        "float32 [2, 3]\n"
        "  param_groups/1/lr is text 'fast', not a number\n"
        "  param_groups/1/betas is list of 1, not two numbers\n"
        "  param_groups/1/maximize is bool true, but LibTorch's optimizer "
        "does not have it\n"
        "  param_groups/1/colour is not an option of this optimizer\n"
        "  state/1/step is missing, not a whole number");
}

// Python's AdamW is since 2.7 an Adam that says so.
TEST_CASE("weight decay is decoupled in AdamW, and nowhere else") {
  for (const std::string& name : thexp_test::optimizer_names()) {
    INFO(name);
    Trained trained(name);
    bool is_adamw = name == "adamw";
    auto load = [&](bool decoupled) {
      State state = thexp::optimizer_state(*trained.optimizer).clone();
      for (State& group : state["param_groups"].as_list()) {
        group["decoupled_weight_decay"] = decoupled;
      }
      thexp::load_optimizer_state(*trained.optimizer, state);
    };
    CHECK_NOTHROW(load(is_adamw));
    CHECK_CONTAINS(message_of<FormatError>([&] { load(!is_adamw); }),
                   is_adamw ? "param_groups/0/decoupled_weight_decay is bool "
                              "false, but LibTorch's optimizer has it on"
                            : "LibTorch's optimizer does not have it");
  }
}

TEST_CASE("an entry that the optimizer does not know is an error") {
  CHECK(error_after([](State& s) { s["state"][0]["foo"] = 1; }) ==
        "the state does not fit the optimizer:\n"
        "  state/0/foo is not something that this optimizer keeps");
  CHECK(error_after([](State& s) { s["foo"] = 1; }) ==
        "'foo' is not part of an optimizer's state, which is a dict of 'state' "
        "and 'param_groups'");
}

TEST_CASE("another number of groups or parameters is an error") {
  CHECK(error_after([](State& s) { s["param_groups"].as_list().pop_back(); }) ==
        "the state has 1 param_groups, but the optimizer has 2");
  CHECK(error_after([](State& s) {
          s["param_groups"][1]["params"] = State::List{1, 2};
        }) ==
        "param_groups/1 is of parameters: list of 2, but the optimizer's group "
        "has 1 parameters");
  CHECK(error_after([](State& s) { s["state"][9] = State::Dict{}; }) ==
        "state/9 belongs to no parameter");
  CHECK_CONTAINS(error_after([](State& s) {
                   s = State::Dict{{"a", 1}};
                 }),
                 "a dict of 'state' and 'param_groups', not dict (keys: a)");
}

TEST_CASE("steps that float32 cannot hold are kept") {
  Trained trained("adam");
  trained.steps(1);
  State state = trained.state().clone()["optim"];
  state["state"][0]["step"] = (1 << 24) + 1;
  thexp::load_optimizer_state(*trained.optimizer, state);
  State back = thexp::optimizer_state(*trained.optimizer);
  CHECK(back.at_path({"state", 0, "step"}).as_tensor().item<double>() ==
        16777217.0);
}

TEST_CASE("an unknown optimizer is a usage error that names it") {
  struct Unknown : torch::optim::Optimizer {
    Unknown()
        : Optimizer(std::vector<torch::optim::OptimizerParamGroup>{}, nullptr) {
    }
    at::Tensor step(LossClosure) override { return {}; }
  } optimizer;
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { thexp::optimizer_state(optimizer); }),
      "Unknown is not known, so no checkpoint could carry it");
}

class OwnOptimizer : public torch::optim::SGD, public thexp::Stateful {
 public:
  OwnOptimizer() : SGD({torch::zeros({1})}, torch::optim::SGDOptions(0.1)) {}
  State state() const override { return State::Dict{{"own", value}}; }
  void load_state(const State& state) override {
    value = state.at("own").as_integer();
  }
  int64_t value = 1;
};

TEST_CASE("an optimizer that is a Stateful speaks for itself") {
  OwnOptimizer optimizer;
  State state = thexp::optimizer_state(optimizer);
  CHECK(thexp::equal(state, State::Dict{{"own", 1}}));
  state["own"] = 5;
  thexp::load_optimizer_state(optimizer, state);
  CHECK(optimizer.value == 5);
}

// As where Adagrad was made over a model that moved to a device afterwards.
// "meta" is a device that every machine has.
TEST_CASE("an optimizer's state is moved to where its parameter is") {
  at::Tensor weight =
      torch::ones({2}, torch::TensorOptions(torch::kMeta).requires_grad(true));
  torch::optim::Adagrad optimizer({weight}, torch::optim::AdagradOptions(0.5));
  auto sum = [&]() -> at::Tensor {
    return thexp::optimizer_state(optimizer)
        .at_path({"state", 0, "sum"})
        .as_tensor();
  };
  CHECK(sum().is_meta());

  auto& state = *optimizer.state().begin()->second;
  static_cast<torch::optim::AdagradParamState&>(state).sum(torch::ones({2}));
  CHECK(sum().is_cpu());
  thexp::place_optimizer_state(optimizer);
  CHECK(sum().is_meta());
  State group = thexp::optimizer_state(optimizer).at_path({"param_groups", 0});
  CHECK(group.at("lr").as_real() == 0.5);

  OwnOptimizer own;
  CHECK_NOTHROW(thexp::place_optimizer_state(own));
}

}  // namespace
