#include "thexp/state/safetensors.h"

#include <ATen/ATen.h>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::State;
using thexp::UsageError;
using thexp_test::message_of;
using thexp_test::TempDir;

State round_trip(const State& state) {
  TempDir dir;
  thexp::save_safetensors(dir / "a.safetensors", state);
  return thexp::load_safetensors(dir / "a.safetensors");
}

TEST_CASE("a flat dict of tensors comes back from safetensors") {
  State state;
  for (auto type :
       {at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kHalf,
        at::kFloat, at::kDouble, at::kBool, at::kBFloat16}) {
    state[c10::toString(type)] = at::arange(6).view({2, 3}).to(type);
  }
  state["scalar"] = at::scalar_tensor(2.5);
  state["empty"] = at::empty({0, 3});
  state["transposed"] = at::arange(6).view({2, 3}).t();
  state["expanded"] = at::ones({1}).expand({3});
  State back = round_trip(state);
  CHECK(first_difference(state, back) == "");
}

TEST_CASE("loaded tensors may be changed, and the file stays") {
  TempDir dir;
  State state = State::Dict{{"w", at::ones({3})}};
  thexp::save_safetensors(dir / "a.safetensors", state, {{"format", "pt"}});
  std::string before = thexp::read_file(dir / "a.safetensors");
  thexp::Safetensors::Metadata metadata;
  State back = thexp::load_safetensors(dir / "a.safetensors", &metadata);
  CHECK(metadata == thexp::Safetensors::Metadata{{"format", "pt"}});
  back["w"].as_tensor().fill_(7);
  CHECK(thexp::read_file(dir / "a.safetensors") == before);
}

TEST_CASE("tied tensors are written one by one") {
  at::Tensor tied = at::ones({2});
  State back = round_trip(State::Dict{{"a", tied}, {"b", tied}});
  back["a"].as_tensor().fill_(5);
  CHECK(thexp::equal(back["b"], at::ones({2})));
}

TEST_CASE("what is not a flat dict of tensors is refused by its key") {
  auto refused = [](const State& state) {
    return message_of<UsageError>([&] { round_trip(state); });
  };
  State nested = State::Dict{{"net", State::Dict{{"w", at::ones({2})}}}};
  CHECK(refused(nested) ==
        "'net' cannot be saved as safetensors: a file of that format holds a "
        "flat dict of tensors, and this is dict (keys: w)");
  CHECK_CONTAINS(refused(State::Dict{{"lr", 0.1}}), "'lr' cannot be saved");
  CHECK_CONTAINS(refused(State::Dict{{3, at::ones({2})}}),
                 "under an integer key");
  CHECK_CONTAINS(refused(State(at::ones({2}))), "holds a dict of tensors, not");
  CHECK_CONTAINS(refused(State::Dict{{"z", at::ones({2}, at::kComplexFloat)}}),
                 "'z' cannot be saved as safetensors: the format has no "
                 "complex64");
}

}  // namespace
