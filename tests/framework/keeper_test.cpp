#include "thexp/framework/keeper.h"

#include <torch/types.h>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Keeper;
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

  void keep_in(Keeper& keeper) {
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
  Keeper saver, loader;
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

TEST_CASE("a loaded tensor is no alias of the saved one") {
  at::Tensor saved = torch::zeros(1), loaded;
  Keeper a, b;
  a.add("t", saved);
  b.add("t", loaded);
  b.load(a.state());
  saved.fill_(5);
  CHECK(loaded.item<float>() == 0);
}

TEST_CASE("what does not fit is named") {
  int64_t count = 0, other = 0;
  Keeper a, b;
  a.add("count", count);
  b.add("counter", other);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { b.load(a.state()); }),
      "missing in it: counter");
  CHECK_THROWS_AS(a.add("count", other), thexp::UsageError);
}

}  // namespace
