#include "thexp/state/retention.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Mode;
using thexp::Retention;
using thexp::Value;
using thexp_test::message_of;
using Places = std::vector<std::size_t>;
using Checkpoints = std::vector<Retention::Checkpoint>;

Checkpoints epochs(std::initializer_list<int64_t> numbers) {
  Checkpoints all;
  for (int64_t epoch : numbers) all.push_back({epoch, {}});
  return all;
}

// One an epoch, from 1 on; as a trainer writes them.
Checkpoints losses(std::initializer_list<double> values) {
  Checkpoints all;
  for (double value : values) {
    Value metrics = Value::Dict{{"eval/loss", value}};
    auto epoch = static_cast<int64_t>(all.size()) + 1;
    all.push_back({epoch, Value::Dict{{"metrics", metrics}}});
  }
  return all;
}

Places surplus(const Retention& rules, const Checkpoints& all) {
  return rules.surplus(all);
}

TEST_CASE("without a rule all stay") {
  CHECK(Retention().keeps_all());
  CHECK(surplus(Retention(), epochs({1, 2, 3})).empty());
  CHECK(surplus(Retention().last(1), {}).empty());
}

TEST_CASE("last keeps the newest") {
  CHECK(surplus(Retention().last(2), epochs({1, 2, 3, 4})) == Places{0, 1});
  CHECK(surplus(Retention().last(4), epochs({1, 2, 3, 4})).empty());
  CHECK(surplus(Retention().last(9), epochs({1, 2})).empty());
}

TEST_CASE("best keeps the smallest or the largest of a metric") {
  auto all = losses({3, 1, 4, 1.5, 9, 2});
  auto least = Retention().best(2, "eval/loss", Mode::kMin);
  auto most = Retention().best(2, "eval/loss", Mode::kMax);
  CHECK(surplus(least, all) == Places{0, 2, 4});  // the newest stays, too
  CHECK(surplus(most, all) == Places{0, 1, 3});
  CHECK(least.reads_info());
  CHECK_FALSE(Retention().last(1).reads_info());
}

TEST_CASE("of equal ones the older is better; NaN and none are not") {
  auto rule = Retention().best(1, "eval/loss", Mode::kMin);
  CHECK(surplus(rule, losses({2, 1, 1, 5})) == Places{0, 2});
  CHECK(surplus(rule, losses({std::nan(""), 7, 8})) == Places{0});
  CHECK(surplus(rule, epochs({1, 2, 3})) == Places{0, 1});
}

TEST_CASE("values that differ by rounding are equal, and the older is better") {
  auto most = Retention().best(1, "eval/loss", Mode::kMax);
  auto least = Retention().best(2, "eval/loss", Mode::kMin);
  CHECK(surplus(most, losses({0.97916666, 0.97916667, 0.5})) == Places{1});
  CHECK(surplus(most, losses({0.9791, 0.9792, 0.5})) == Places{0});
  CHECK(surplus(least, losses({2, 1.0000001, 1, 1, 5})) == Places{0, 3});
}

TEST_CASE("a tie is a relative difference of at most 1e-6") {
  using thexp::is_better;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  CHECK(is_better(1, 2, Mode::kMin));
  CHECK_FALSE(is_better(1, 2, Mode::kMax));
  CHECK_FALSE(is_better(1 - 0.9e-6, 1, Mode::kMin));
  CHECK(is_better(1 - 1.1e-6, 1, Mode::kMin));
  CHECK(is_better(1e-9, 2e-9, Mode::kMin));
  CHECK(is_better(-1, 1e-30, Mode::kMin));
  CHECK_FALSE(is_better(0, 0, Mode::kMax));
  CHECK(is_better(1e300, kInfinity, Mode::kMin));
  CHECK(is_better(-1e300, -kInfinity, Mode::kMax));
  CHECK_FALSE(is_better(kInfinity, kInfinity, Mode::kMin));
  for (Mode mode : {Mode::kMin, Mode::kMax}) {
    CHECK_FALSE(is_better(kNan, 1, mode));
    CHECK_FALSE(is_better(1, kNan, mode));
  }
}

TEST_CASE("a metric may lie in the information itself, also as an integer") {
  auto rule = Retention().best(1, "score", Mode::kMax);
  Checkpoints all = {{1, Value::Dict{{"score", 3}}},
                     {2, Value::Dict{{"score", "high"}}},
                     {3, Value::Dict{{"score", 2.5}}},
                     {4, Value()}};
  CHECK(surplus(rule, all) == Places{1, 2});
}

TEST_CASE("every keeps the first checkpoint of every m-th epoch") {
  CHECK(surplus(Retention().every(2), epochs({1, 2, 3, 4, 5})) == Places{0, 2});
  // Within an epoch the number is that of the epochs finished before.
  CHECK(surplus(Retention().every(2), epochs({0, 0, 1, 2, 2, 3})) ==
        Places{0, 1, 2, 4});
}

TEST_CASE("rules add up: one goes when none wants it") {
  auto rules = Retention().last(2).best(1, "eval/loss", Mode::kMin).every(4);
  auto all = losses({9, 1, 8, 7, 6, 5, 4, 3, 2.5, 2.2});
  CHECK(surplus(rules, all) == Places{0, 2, 4, 5, 6});
}

TEST_CASE("impossible rules are usage errors") {
  CHECK(message_of<thexp::UsageError>([] { Retention().last(0); }) ==
        "Retention::last(0): the number must be at least 1");
  CHECK_THROWS_AS(Retention().every(-1), thexp::UsageError);
  CHECK_THROWS_AS(Retention().best(0, "x", Mode::kMin), thexp::UsageError);
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { Retention().best(1, "", Mode::kMin); }),
                 "name one, such as eval/loss");
}

TEST_CASE("best passes over training's average within an epoch") {
  auto within = [](const char* metric) {
    Checkpoints all = {{1, Value::Dict{{"batch", 5}, {metric, 0.1}}},
                       {2, Value::Dict{{"batch", 0}, {metric, 1}}},
                       {3, Value::Dict{{"batch", 0}, {metric, 2}}}};
    return surplus(Retention().best(1, metric, Mode::kMin), all);
  };
  CHECK(within("train/loss") == Places{0});
  CHECK(within("eval/loss") == Places{1});
}

TEST_CASE("every counts steps where checkpoints are named after them") {
  using thexp::SavePoint;
  Checkpoints all = {{SavePoint::step(100), {}},
                     {SavePoint::step(150), {}},
                     {SavePoint::step(200), {}},
                     {SavePoint::step(230), {}}};
  CHECK(surplus(Retention().every(100), all) == Places{1});
}

TEST_CASE("the direction of a metric follows from its name") {
  using thexp::likely_mode;
  for (const char* more : {"eval/acc", "test/top5_accuracy", "f1", "eval/r2"}) {
    CHECK(likely_mode(more) == Mode::kMax);
  }
  for (const char* less : {"eval/loss", "eval/accident", "mse", ""}) {
    CHECK(likely_mode(less) == Mode::kMin);
  }
}

}  // namespace
