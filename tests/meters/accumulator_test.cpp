#include "thexp/meters/accumulator.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Accumulator;
using Op = thexp::Accumulator::Op;
using thexp::Value;
using thexp_test::message_of;

at::Tensor on_meta(at::IntArrayRef size = {}) {
  return at::ones(size, at::TensorOptions(at::kMeta));
}

TEST_CASE("an accumulator sums, and takes extremes, in doubles") {
  Accumulator sum, least(Op::kMin), greatest(Op::kMax);
  for (double value : {0.5, -2.0, 7.0}) {
    sum.add(value);
    least.add(at::scalar_tensor(value));
    greatest.add(value);
  }
  CHECK(sum.total() == 5.5);
  CHECK(least.total() == -2);
  CHECK(greatest.total() == 7);
  Accumulator fine;
  for (int i = 0; i < 10; ++i) fine.add(at::scalar_tensor(1e-9));
  fine.add(1e3);
  CHECK(fine.total() == Approx(1e3 + 1e-8).epsilon(1e-15));
}

TEST_CASE("an accumulator weighs a sum, not an extreme") {
  Accumulator sum, greatest(Op::kMax);
  sum.add(at::scalar_tensor(2.0), 3);
  greatest.add(at::scalar_tensor(2.0), 3);
  CHECK(sum.total() == 6);
  CHECK(greatest.total() == 2);
}

TEST_CASE("an accumulator keeps a NaN") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (Op op : {Op::kSum, Op::kMin, Op::kMax}) {
    Accumulator total(op);
    total.add(1);
    total.add(kNan);
    total.add(2);
    CHECK(std::isnan(total.total()));
  }
}

TEST_CASE("P13 an accumulator on a device is not read while it adds") {
  for (Op op : {Op::kSum, Op::kMin, Op::kMax}) {
    Accumulator total(op);
    total.add(on_meta());
    total.add(on_meta({1, 1}), 2);
    total.add(3);
    CHECK_FALSE(total.empty());
    CHECK_THROWS(total.total());  // a meta tensor has no value
  }
}

TEST_CASE("an accumulator begun in inference mode goes on outside of it") {
  Accumulator total;
  {
    c10::InferenceMode inference;
    total.add(on_meta());
  }
  CHECK_NOTHROW(total.add(on_meta()));
}

TEST_CASE("an empty accumulator sums to 0 and has no extreme") {
  CHECK(Accumulator().total() == 0);
  CHECK(Accumulator().empty());
  CHECK_THROWS_AS(Accumulator(Op::kMin).total(), thexp::UsageError);
  Accumulator total;
  total.add(3);
  total.reset();
  CHECK(total.empty());
}

TEST_CASE("an accumulator takes one element") {
  Accumulator total;
  CHECK(message_of<thexp::UsageError>([&] {
          total.add(at::ones({2, 3}));
        }) ==
        "one element was to be added up, but the tensor is float [2, 3] on "
        "cpu");
  CHECK_THROWS_AS(total.add(at::Tensor()), thexp::UsageError);
}

TEST_CASE("an accumulator's state survives JSON to the last bit") {
  Accumulator total;
  for (double value : {0.1, 0.2, 1e-300}) total.add(value);
  Accumulator loaded;
  loaded.load_state(Value::from_json(total.state().to_json()));
  CHECK(loaded.total() == total.total());

  Accumulator infinite(Op::kMax);
  infinite.add(std::numeric_limits<double>::infinity());
  loaded.load_state(Value::from_json(infinite.state().to_json()));
  CHECK(std::isinf(loaded.total()));
  CHECK_THROWS_AS(
      loaded.load_state(Value::Dict{{"host", "much"}, {"device", nullptr}}),
      thexp::FormatError);
}

TEST_CASE("what a device had summed up goes on there after loading") {
  Accumulator total;
  total.load_state(Value::Dict{{"host", 1.0}, {"device", 0.25}});
  CHECK(total.total() == 1.25);
  CHECK(total.state() == Value(Value::Dict{{"host", 1.0}, {"device", 0.25}}));
  total.add(on_meta());
  CHECK_THROWS(total.total());
}

}  // namespace
