#include "thexp/state/module_state.h"

#include <torch/nn.h>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

namespace nn = torch::nn;
using thexp::FormatError;
using thexp::State;
using thexp_test::message_of;

nn::Sequential make_model() {
  return nn::Sequential(nn::Linear(2, 3), nn::BatchNorm1d(3),
                        nn::Linear(nn::LinearOptions(3, 1).bias(false)));
}

std::vector<std::string> keys_of(const State& state) {
  std::vector<std::string> keys;
  for (const auto& entry : state.as_dict()) keys.push_back(entry.first.text());
  return keys;
}

TEST_CASE("S3 a module's state has Python's names in Python's order") {
  auto model = make_model();
  CHECK(keys_of(thexp::module_state(*model)) ==
        std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias",
                                 "1.running_mean", "1.running_var",
                                 "1.num_batches_tracked", "2.weight"});
}

TEST_CASE("a module's state loads into another, whose tensors stay the same") {
  auto from = make_model(), to = make_model();
  from->forward(torch::rand({4, 2}));  // moves the running mean
  at::Tensor kept = to->parameters()[0];
  thexp::load_module_state(*to, thexp::module_state(*from).clone());
  CHECK(thexp::equal(thexp::module_state(*from), thexp::module_state(*to)));
  CHECK(torch::equal(kept, from->parameters()[0]));
  CHECK(kept.requires_grad());
}

TEST_CASE("an expanded buffer loads what is one value there too") {
  auto make = [](float value) {
    auto module = std::make_shared<nn::Module>();
    module->register_parameter("w", torch::full({2}, value));
    module->register_buffer("mask", torch::full({1}, value).expand({4, 4}));
    return module;
  };
  auto from = make(3), to = make(5);
  State state = thexp::module_state(*from).clone();
  thexp::load_module_state(*to, state);
  CHECK(thexp::equal(thexp::module_state(*to), state));

  state["w"].as_tensor().fill_(7);
  state["mask"] = torch::eye(4);
  CHECK_CONTAINS(
      message_of<FormatError>([&] { thexp::load_module_state(*to, state); }),
      "wrong: mask has other values where it is one value, expanded");
  CHECK(thexp::equal(thexp::module_state(*to), thexp::module_state(*from)));
}

TEST_CASE("one error lists all that does not fit, and nothing is changed") {
  auto model = make_model();
  State before = thexp::module_state(*model).clone();
  State state = before.clone();
  state["0.weight"] = torch::zeros({3, 4});
  state["0.bias"] = torch::zeros({3}, torch::kDouble);
  state["1.weight"] = "text";
  state["more"] = 1;
  state["1.bias"].as_tensor().fill_(7);
  state.as_dict().pop_back();  // more
  state.as_dict().pop_back();  // 2.weight
  state["extra"] = torch::zeros({1});
  CHECK(message_of<FormatError>(
            [&] { thexp::load_module_state(*model, state); }) ==
        "the state does not fit the module:\n"
        "  missing: 2.weight\n"
        "  unexpected: extra\n"
        "  wrong: 0.weight is tensor float32 [3, 4], not tensor float32 [3, 2];"
        " 0.bias is tensor float64 [3], not tensor float32 [3]; 1.weight is "
        "text 'text', not tensor float32 [3]");
  CHECK(thexp::equal(before, thexp::module_state(*model)));
}

TEST_CASE("without strict, names may be missing or more, shapes may not") {
  auto model = make_model();
  State state = State::Dict{{"0.bias", torch::full({3}, 5.0)},
                            {"head", torch::zeros({1})}};
  thexp::ModuleLoad done =
      thexp::load_module_state(*model, state, /*strict=*/false);
  CHECK(done.loaded == std::vector<std::string>{"0.bias"});
  CHECK(done.unexpected == std::vector<std::string>{"head"});
  CHECK(done.missing ==
        std::vector<std::string>{"0.weight", "1.weight", "1.bias",
                                 "1.running_mean", "1.running_var",
                                 "1.num_batches_tracked", "2.weight"});
  CHECK(torch::equal(model->parameters()[1], torch::full({3}, 5.0)));
  state["0.bias"] = torch::zeros({4});
  CHECK_THROWS_AS(thexp::load_module_state(*model, state, false), FormatError);
  CHECK_THROWS_AS(thexp::load_module_state(*model, State(1)), FormatError);
}

}  // namespace
