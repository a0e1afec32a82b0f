#include "thexp/params/constraint.h"

#include <limits>

#include "fixture.h"

namespace {

using thexp::Constraint;
using thexp::Value;
using thexp_test::args_error;
using thexp_test::error_of;
using thexp_test::yaml_error;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("T5 the bounds of each rule") {
  CHECK(thexp::at_least(1).accepts(1));
  CHECK_FALSE(thexp::at_least(1).accepts(0));
  CHECK(thexp::at_most(0.5).accepts(0.5));
  CHECK_FALSE(thexp::at_most(0.5).accepts(1));
  CHECK_FALSE(thexp::greater_than(0).accepts(0.0));
  CHECK(thexp::greater_than(0).accepts(1e-300));
  CHECK_FALSE(thexp::less_than(1).accepts(1));
  CHECK(thexp::less_than(1).accepts(0.999));
  CHECK(thexp::between(0, 20).accepts(20));
  CHECK(thexp::between(0, 20).accepts(0.0));
  CHECK_FALSE(thexp::between(0, 20).accepts(21));
  CHECK_FALSE(thexp::between(0, 20).accepts(-1));
}

TEST_CASE("T5 integers are compared exactly") {
  int64_t big = int64_t{1} << 60;
  CHECK_FALSE(thexp::at_most(big).accepts(big + 1));
  CHECK(thexp::at_most(big).accepts(big));
}

TEST_CASE("T5 NaN satisfies no range") {
  for (const Constraint& rule :
       {thexp::at_least(0), thexp::at_most(0), thexp::greater_than(0),
        thexp::less_than(0), thexp::between(0, 1)}) {
    CHECK_FALSE(rule.accepts(kNan));
    CHECK_FALSE(rule.accepts("0"));
  }
  CHECK(yaml_error("optim.lr: .nan") ==
        "a.yaml:1:11: optim.lr: .nan is out of range; must be between 0 and "
        "10");
}

TEST_CASE("T5 a rule applies to each item of a list, and never to null") {
  CHECK(thexp::at_least(1).accepts(Value::List{1, 2}));
  CHECK_FALSE(thexp::at_least(1).accepts(Value::List{1, 0}));
  CHECK(thexp::at_least(1).accepts(nullptr));
  CHECK(thexp::non_empty().accepts("x"));
  CHECK(thexp::non_empty().accepts(Value::List{""}));
  CHECK_FALSE(thexp::non_empty().accepts(""));
  CHECK_FALSE(thexp::non_empty().accepts(Value::List{}));
  thexp::Params params;
  params.add<std::vector<int>>("sizes", {1}, "", thexp::at_least(1));
  CHECK(error_of([&] {
          params.set("sizes", Value::List{3, 0});
        }) == "sizes (program): [3, 0] is not allowed; must be at least 1");
}

TEST_CASE("T5 rules combine, and may be the user's own") {
  Constraint rate = thexp::greater_than(0) && thexp::at_most(1);
  CHECK(rate.rule() == "greater than 0 and at most 1");
  CHECK(rate.accepts(1));
  CHECK_FALSE(rate.accepts(0));
  CHECK((Constraint() && thexp::at_least(2)).rule() == "at least 2");
  Constraint even("even",
                  [](const Value& v) { return v.as_integer() % 2 == 0; });
  thexp::Params params;
  params.add<int>("n", 2, "", even);
  CHECK(error_of([&] { params.set("n", 3); }) ==
        "n (program): 3 is out of range; must be even");
}

TEST_CASE("T5 one_of takes texts and numbers") {
  CHECK(thexp::one_of({1, 2.5}).accepts(1.0));
  CHECK_FALSE(thexp::one_of({1, 2.5}).accepts(2));
  CHECK(thexp::one_of({1, 2.5}).rule() == "one of 1, 2.5");
  CHECK(thexp::one_of({"a", "b"}).choices() ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("T5 choice and range are checked at set and at load") {
  thexp_test::SampleParams params;
  CHECK(error_of([&] { params.mode = "z"; }) ==
        "mode (program): \"z\" is not allowed; must be one of fast, slow");
  CHECK(error_of([&] { params.mode = "fasst"; }) ==
        "mode (program): \"fasst\" is not allowed; must be one of fast, slow; "
        "did you mean \"fast\"?");
  CHECK(error_of([&] { params.lr = 10.5; }) ==
        "optim.lr (program): 10.5 is out of range; must be between 0 and 10");
  CHECK(yaml_error("optim:\n  lr: 20") ==
        "a.yaml:2:7: optim.lr: 20 is out of range; must be between 0 and 10");
  CHECK(args_error({"--optim.lr=20.0"}) ==
        "--optim.lr (command line): 20.0 is out of range; must be between 0 "
        "and 10");
  CHECK(args_error({"--mode", "slo"}) ==
        "--mode (command line): \"slo\" is not allowed; must be one of fast, "
        "slow; did you mean \"slow\"?");
  CHECK(*params.lr == 0.05);
}

}  // namespace
