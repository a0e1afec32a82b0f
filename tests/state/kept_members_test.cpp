#include "thexp/state/kept_members.h"

#include <torch/types.h>

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <unordered_map>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::KeptMembers;
using thexp::State;

struct Members {
  bool flag = true;
  int small = 3;
  int64_t big = int64_t{1} << 40;
  double real = 0.1;
  std::string text = "x";
  at::Tensor tensor = torch::arange(3);
  at::Tensor absent;
  std::vector<double> reals = {0.5, 0.25};
  std::vector<at::Tensor> tensors = {torch::ones(2)};

  void keep_in(KeptMembers& keeper) {
    keeper.add("flag", flag);
    keeper.add("small", small);
    keeper.add("big", big);
    keeper.add("real", real);
    keeper.add("text", text);
    keeper.add("tensor", tensor);
    keeper.add("absent", absent);
    keeper.add("reals", reals);
    keeper.add("tensors", tensors);
  }
};

TEST_CASE("members come back as they were") {
  Members before, after;
  KeptMembers saver, loader;
  before.keep_in(saver);
  after = {false, 0, 0, 0, "", {}, torch::ones(1), {}, {}};
  after.keep_in(loader);
  loader.load(saver.state());
  CHECK(after.flag);
  CHECK(after.small == 3);
  CHECK(after.big == int64_t{1} << 40);
  CHECK(after.real == 0.1);
  CHECK(after.text == "x");
  CHECK(torch::equal(after.tensor, torch::arange(3)));
  CHECK_FALSE(after.absent.defined());
  CHECK(after.reals == before.reals);
  CHECK(torch::equal(after.tensors.at(0), torch::ones(2)));
}

TEST_CASE("tensors in a list stay the ones that an optimizer has") {
  std::vector<at::Tensor> saved = {torch::ones(2), torch::zeros(1)};
  std::vector<at::Tensor> members = {torch::zeros(2).requires_grad_(),
                                     torch::ones(1).requires_grad_()};
  std::vector<at::Tensor> trained = members;
  KeptMembers a, b;
  a.add("all", saved);
  b.add("all", members);
  b.load(a.state());
  CHECK(torch::equal(trained[0].detach(), torch::ones(2)));
  CHECK(members[1].is_same(trained[1]));
  CHECK(members[1].requires_grad());
  saved.pop_back();
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::FormatError>([&] { b.load(a.state()); }),
      "2 tensors of which some are trained are here, but 1 were saved");
}

TEST_CASE("what is kept too late is an error") {
  Members members;
  KeptMembers keeper;
  keeper.close();
  CHECK_CONTAINS(thexp_test::message_of<thexp::UsageError>(
                     [&] { keeper.add("flag", members.flag); }),
                 "keep: 'flag' comes too late to be loaded");
}

TEST_CASE("a loaded tensor is not an alias of the saved one") {
  at::Tensor saved = torch::zeros(1), loaded;
  KeptMembers a, b;
  a.add("t", saved);
  b.add("t", loaded);
  b.load(a.state());
  saved.fill_(5);
  CHECK(loaded.item<float>() == 0);
}

TEST_CASE("one that does not fit leaves all as they were") {
  struct Picky : thexp::Stateful {
    State state() const override { return value; }
    void load_state(const State& state) override {
      value = -1;
      value = state.as_integer();
    }
    int64_t value = 0;
  };
  Picky first, second;
  at::Tensor tensor = torch::zeros({2});
  KeptMembers keeper;
  keeper.add("first", first);
  keeper.add("second", second);
  keeper.add("tensor", tensor);
  State state = State::Dict{
      {"first", 1}, {"second", "text"}, {"tensor", torch::ones({2})}};
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::FormatError>([&] { keeper.load(state); }),
      "nothing was loaded:\n  member 'second': ");
  CHECK(first.value == 0);
  CHECK(second.value == 0);
  CHECK(torch::equal(tensor, torch::zeros({2})));
  state["second"] = 2;
  at::Tensor same = tensor;
  keeper.load(state);
  CHECK(second.value == 2);
  CHECK(same.is_same(tensor));  // in its place
  CHECK(torch::equal(same, torch::ones({2})));
}

TEST_CASE("what does not fit is named") {
  int64_t count = 0, other = 0;
  KeptMembers a, b;
  a.add("count", count);
  b.add("counter", other);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::FormatError>([&] { b.load(a.state()); }),
      "members: missing in the state: counter; unexpected: count; kept here: "
      "counter");
  CHECK_THROWS_AS(a.add("count", other), thexp::UsageError);
}

TEST_CASE("plain members begin with their saved values") {
  Members before, after;
  KeptMembers saver, loader;
  before.flag = false;
  before.big = 5;
  before.reals = {1, 2, 3};
  before.tensor = torch::zeros(3, torch::kLong);
  before.keep_in(saver);
  State saved = saver.state().clone();
  saved["small"] = "x";  // of another type
  bool early = true;
  loader.add("early", early);
  saved["early"] = false;
  loader.begin_with(saved);
  CHECK_FALSE(early);
  after.keep_in(loader);
  CHECK_FALSE(after.flag);
  CHECK(after.big == 5);
  CHECK(after.reals == before.reals);
  CHECK(after.small == 3);
  CHECK_FALSE(torch::equal(after.tensor, before.tensor));
}

TEST_CASE("a flag that changes after set-up is noticed") {
  Members members;
  KeptMembers keeper;
  members.keep_in(keeper);
  members.flag = false;
  keeper.close();
  members.big = 7;
  CHECK_FALSE(keeper.a_flag_changed());
  members.flag = true;
  CHECK(keeper.a_flag_changed());
}

struct OtherMembers {
  float half = 0;
  uint32_t small = 0;
  std::mt19937 engine;
  std::vector<std::string> names;
  std::deque<at::Tensor> recent;
  std::map<std::string, at::Tensor> tensors;
  std::unordered_map<int, double> by_number;
  std::array<int, 2> pair{};
  std::optional<double> perhaps;
  std::vector<std::pair<int, std::vector<double>>> nested;

  void keep_in(KeptMembers& keeper) {
    keeper.add("half", half);
    keeper.add("small", small);
    keeper.add("engine", engine);
    keeper.add("names", names);
    keeper.add("recent", recent);
    keeper.add("tensors", tensors);
    keeper.add("by_number", by_number);
    keeper.add("pair", pair);
    keeper.add("perhaps", perhaps);
    keeper.add("nested", nested);
  }
};

TEST_CASE("engines and containers come back as they were") {
  OtherMembers before, after;
  before.half = 0.5f;
  before.small = 4'000'000'000u;
  before.engine.discard(7);
  before.names = {"a", "b"};
  before.recent = {torch::ones(2), torch::zeros(3)};
  before.tensors["w"] = torch::arange(3);
  before.by_number = {{7, 0.5}, {-1, 2}};
  before.pair = {3, 4};
  before.perhaps = 0.25;
  before.nested = {{1, {0.5}}, {2, {}}};
  KeptMembers saver, loader;
  before.keep_in(saver);
  after.keep_in(loader);
  loader.load(saver.state());
  CHECK(after.half == 0.5f);
  CHECK(after.small == 4'000'000'000u);
  CHECK(after.engine() == before.engine());
  CHECK(after.names == before.names);
  REQUIRE(after.recent.size() == 2);
  CHECK(after.recent[1].equal(torch::zeros(3)));
  CHECK(after.tensors.at("w").equal(torch::arange(3)));
  CHECK(after.by_number == before.by_number);
  CHECK(after.pair == before.pair);
  CHECK(after.perhaps == before.perhaps);
  CHECK(after.nested == before.nested);
}

TEST_CASE("a member that cannot hold what was saved stays as it was") {
  uint8_t small = 3;
  std::array<int, 2> pair = {1, 2};
  KeptMembers numbers, pairs;
  numbers.add("small", small);
  pairs.add("pair", pair);
  State state = numbers.state(), other = pairs.state();
  state["small"] = State(int64_t{300});
  other["pair"] = State(State::List{State(int64_t{1})});
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::Error>([&] { numbers.load(state); }),
      "300 does not fit into the member");
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::Error>([&] { pairs.load(other); }),
      "it has 1 items, and the member 2");
  CHECK(small == 3);
  CHECK(pair == std::array<int, 2>{1, 2});
}

}  // namespace
