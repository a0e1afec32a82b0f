#include "thexp/state/state.h"

#include <ATen/ATen.h>

#include <limits>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"

namespace {

using thexp::State;
using thexp::UsageError;
using thexp::Value;
using thexp_test::message_of;

State sample() {
  State state;
  state["net"] = State::Dict{{"w", at::ones({2, 3})}};
  state["optim"]["param_groups"] =
      State::List{State::Dict{{"lr", 0.1}, {"params", State::List{0, 1}}}};
  state["optim"]["state"] = State::Dict{{0, State::Dict{{"step", 3}}}};
  return state;
}

TEST_CASE("a state is walked by text keys, integer keys and positions") {
  State state = sample();
  CHECK(state["optim"]["param_groups"][0]["lr"].as_real() == 0.1);
  CHECK(state["optim"]["state"][0]["step"].as_integer() == 3);
  CHECK(state.at_path({"optim", "param_groups", 0, "params", 1}).as_integer() ==
        1);
  CHECK(state.at("net").at("w").as_tensor().size(1) == 3);
  CHECK(state.find("nothing") == nullptr);
  CHECK(state["optim"]["param_groups"].find(1) == nullptr);
  CHECK(state.size() == 2);
}

TEST_CASE("a const state is read by [], and gets no entry") {
  const State state = sample();
  CHECK(state["optim"]["param_groups"][0]["lr"].as_real() == 0.1);
  CHECK(message_of<UsageError>([&] { state["nett"]; }) ==
        "no key 'nett' in dict (keys: net, optim)");
  CHECK_THROWS_AS(state["optim"]["param_groups"][1], UsageError);
  CHECK(state.size() == 2);
}

TEST_CASE("a dict keeps the order of its keys") {
  State state;
  state["b"] = 1;
  state["a"] = 2;
  state["b"] = 3;
  REQUIRE(state.size() == 2);
  CHECK(state.as_dict()[0].first.text() == "b");
  CHECK(state.as_dict()[0].second.as_integer() == 3);
}

TEST_CASE("a wrong access says what is there") {
  State state = sample();
  CHECK(message_of<UsageError>([&] { state.at("nett"); }) ==
        "no key 'nett' in dict (keys: net, optim)");
  CHECK(message_of<UsageError>([&] { state.at("net").at("w").as_real(); }) ==
        "real was asked for, but here is tensor float32 [2, 3]");
  CHECK(message_of<UsageError>([&] {
          state.at_path({"optim", "param_groups", 2, "lr"});
        }) == "optim/param_groups/2: no item 2 in a list of 1");
  CHECK(message_of<UsageError>([&] { state["optim"]["param_groups"][1]; }) ==
        "no item 1 in a list of 1");
  CHECK(message_of<UsageError>([&] { State(3)["a"]; }) ==
        "no key 'a' in integer 3");
  CHECK(message_of<UsageError>([] { State{at::Tensor()}; }) ==
        "an undefined tensor cannot be part of a State");
  CHECK_THROWS_AS(State::Key(1).text(), UsageError);
  CHECK_THROWS_AS(State::Key("1").integer(), UsageError);
}

TEST_CASE("a foreign object names itself and its key when it is touched") {
  State state;
  state["args"] = std::make_shared<const thexp::ForeignObject>(
      thexp::ForeignObject{"the Python object 'argparse.Namespace'", "args"});
  const State& args = state["args"];
  CHECK(args.is_foreign());
  CHECK_FALSE(args.is_null());
  const std::string what =
      "'args' is the Python object 'argparse.Namespace', which is not plain "
      "data and was not loaded";
  auto error = [](auto touch) { return message_of<UsageError>(touch); };
  CHECK(error([&] { args.as_text(); }) == "text was asked for, but " + what);
  CHECK(error([&] { args.as_tensor(); }) ==
        "tensor was asked for, but " + what);
  CHECK(error([&] { args.at("lr"); }) == "no key 'lr': " + what);
  CHECK(error([&] { state["args"]["lr"] = 1; }) == "no key 'lr': " + what);
  CHECK(error([&] { state.to_value(); }) ==
        "args: the Python object 'argparse.Namespace' (not loaded) cannot "
        "become plain data");
  CHECK(error([&] { thexp::to_pt_bytes(state); }) ==
        "'args' cannot be saved: the Python object 'argparse.Namespace' (not "
        "loaded)");
  CHECK_FALSE(thexp::equal(state, state));  // nobody knows
  CHECK(state.clone()["args"].is_foreign());
}

TEST_CASE("equal compares bit by bit and names the first difference") {
  State a = sample(), b = sample();
  CHECK(thexp::equal(a, b));
  b["net"]["w"].as_tensor()[1][2] = 5;
  CHECK(first_difference(a, b) ==
        "net/w: tensor float32 [2, 3], tensor float32 [2, 3] with other "
        "elements");
  b = sample();
  b["optim"]["param_groups"][0]["lr"] = 0.2;
  CHECK(first_difference(a, b) ==
        "optim/param_groups/0/lr: real 0.1, real 0.2");
  b = sample();
  b["more"] = 1;
  CHECK(first_difference(a, b) == "more: only in the second");
  CHECK(first_difference(b, a) == "more: only in the first");
}

TEST_CASE("bits, not values, make reals and elements equal") {
  double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(thexp::equal(nan, nan));
  CHECK_FALSE(thexp::equal(0.0, -0.0));
  CHECK_FALSE(thexp::equal(1, 1.0));
  CHECK_FALSE(thexp::equal(State::Dict{{1, 0}}, State::Dict{{"1", 0}}));
  CHECK(thexp::equal(at::full({2}, nan), at::full({2}, nan)));
  CHECK_FALSE(thexp::equal(at::zeros({2}), -at::zeros({2})));
  CHECK_FALSE(thexp::equal(at::zeros({2}), at::zeros({2}, at::kDouble)));
  at::Tensor matrix = at::arange(6).view({2, 3});
  CHECK(thexp::equal(matrix.t(), matrix.t().contiguous()));
}

TEST_CASE("a copy shares its tensors' elements, a clone does not") {
  State state = sample();
  State copy = state, clone = state.clone();
  state["net"]["w"].as_tensor().zero_();
  CHECK(copy["net"]["w"].as_tensor().sum().item<float>() == 0);
  CHECK(clone["net"]["w"].as_tensor().sum().item<float>() == 6);
}

TEST_CASE("a state keeps no gradient history") {
  at::Tensor weight = at::ones({2}).requires_grad_(true);
  CHECK_FALSE(State(weight * 2).as_tensor().requires_grad());
}

TEST_CASE("plain data goes both ways, a tensor is refused by its path") {
  Value value =
      Value::Dict{{"a", 1}, {"b", Value::List{nullptr, true, 0.5, "x"}}};
  CHECK(State::from_value(value).to_value() == value);
  CHECK(message_of<UsageError>([] { sample().to_value(); }) ==
        "net/w: tensor float32 [2, 3] cannot become plain data");
  CHECK(message_of<UsageError>([] {
          State(State::Dict{{"s", State::Dict{{0, 1}}}}).to_value();
        }) == "s/0: an integer key cannot become plain data");
}

}  // namespace
