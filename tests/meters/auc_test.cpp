#include "thexp/meters/auc.h"

#include <ATen/ATen.h>

#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

// The numbers come from set_reference.py beside this file.

namespace {

using thexp::Auc;
using thexp::Value;
using thexp_test::message_of;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor reals(std::vector<double> values) {
  return at::tensor(values, at::kDouble);
}
at::Tensor ints(std::vector<int64_t> values) {
  return at::tensor(values, at::kLong);
}
at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.to(at::TensorOptions(at::kMeta));
}

at::Tensor scores() {
  return reals({0.5, 0.25, 0.75, 0.5, 0, 1, 0.25, 0.5, 0.75, 0.125, 0.5});
}
at::Tensor labels() { return ints({1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1}); }

double area(const at::Tensor& scores, const at::Tensor& labels) {
  Auc auc;
  auc.update(scores, labels);
  return auc.value();
}

TEST_CASE("the area under the curve equals scikit-learn's and Python's") {
  CHECK(area(reals({0.1, 0.4, 0.35, 0.8}), ints({0, 0, 1, 1})) == 0.75);
  CHECK(area(scores(), labels()) == 0.7333333333333333);
  CHECK(area(-scores(), labels()) == Approx(1 - 0.7333333333333333));
  CHECK(area(at::ones({4}), ints({0, 1, 1, 1})) == 0.5);
  CHECK(area(reals({-kInfinity, 0, kInfinity}), ints({0, 0, 1})) == 1);
  CHECK(area(reals({1, 0}), ints({0, 1})) == 0);
}

TEST_CASE("the area takes every type of scores and labels") {
  for (at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (at::ScalarType label_type :
         {at::kLong, at::kInt, at::kByte, at::kBool}) {
      at::Tensor column = scores().to(type).unsqueeze(1).requires_grad_();
      CHECK(area(column, labels().to(label_type)) == 0.7333333333333333);
    }
  }
  at::Tensor strided = at::stack({scores(), scores()}, 1).select(1, 0);
  CHECK(area(strided, labels()) == 0.7333333333333333);
}

TEST_CASE("the area is exact over uneven batches, and after a reset") {
  Auc auc;
  for (int round = 0; round < 2; ++round) {
    auc.reset();
    // The first batch has one class alone.
    for (auto [start, length] : {std::pair(0, 1), {1, 7}, {8, 3}}) {
      auc.update(scores().narrow(0, start, length),
                 labels().narrow(0, start, length));
    }
    CHECK(auc.value() == 0.7333333333333333);
    CHECK(auc.value() == 0.7333333333333333);  // reading changes nothing
  }
  CHECK(auc.name() == "auc");
  CHECK(auc.higher_is_better());
}

TEST_CASE("the area goes on from its state") {
  Auc auc, resumed;
  auc.update(scores().narrow(0, 0, 4), labels().narrow(0, 0, 4));
  auc.update(reals({-kInfinity, 0.1}), ints({0, 1}));
  resumed.load_state(Value::from_json(auc.state().to_json()));
  for (Auc* each : {&auc, &resumed}) {
    each->update(scores().narrow(0, 4, 7), labels().narrow(0, 4, 7));
  }
  CHECK(resumed.state() == auc.state());
  CHECK(resumed.value() == auc.value());
  CHECK_THROWS_AS(resumed.load_state(Value::Dict{}), thexp::UsageError);
  CHECK_THROWS_AS(
      resumed.load_state(Value::Dict{{"positives", Value::List{0.5}},
                                     {"negatives", Value::List{"low"}}}),
      thexp::FormatError);
  CHECK(resumed.value() == auc.value());
}

TEST_CASE("the area of no, of one class's and of NaN scores is an error") {
  auto message = [](const Auc& auc) {
    return message_of<thexp::UsageError>([&] { auc.value(); });
  };
  Auc auc;
  CHECK(message(auc) == "auc: no examples were seen yet");
  auc.update(reals({0.5, 0.25}), ints({1, 1}));
  CHECK(message(auc) ==
        "auc: all 2 labels are 1, but the area under the ROC curve needs "
        "examples of both classes");
  auc.update(reals({kNan}), ints({0}));
  CHECK(message(auc) ==
        "auc: 1 of 3 scores are NaN, which is neither above nor below another");
  Auc resumed;
  resumed.load_state(Value::from_json(auc.state().to_json()));
  CHECK(message(resumed) == message(auc));
  Auc negative;
  negative.update(reals({0.5}), ints({0}));
  CHECK_CONTAINS(message(negative), "all 1 labels are 0");
}

TEST_CASE("the area refuses what does not fit, and keeps what it had") {
  Auc auc;
  auc.update(reals({0, 1}), ints({0, 1}));
  auto message = [&](const at::Tensor& a, const at::Tensor& b) {
    return message_of<thexp::UsageError>([&] { auc.update(a, b); });
  };
  CHECK(message(at::zeros({3, 2}), ints({0, 1, 1})) ==
        "Auc takes floating scores [N] or [N, 1] and integer labels [N] on one "
        "device, N > 0, but the scores are float [3, 2] on cpu and the labels "
        "long [3] on cpu");
  CHECK_CONTAINS(message(reals({1}), reals({1})), "labels double [1]");
  CHECK_CONTAINS(message(ints({1}), ints({1})), "scores are long [1]");
  CHECK_CONTAINS(message(reals({1}), ints({1, 0})), "labels long [2]");
  CHECK_CONTAINS(message(at::zeros({0}), ints({})), "float [0]");
  CHECK_CONTAINS(message(at::Tensor(), ints({1})), "scores are undefined");
  CHECK_CONTAINS(message(on_meta(reals({1})), ints({1})), "on meta");
  CHECK(message(reals({0, 0, 0}), ints({0, 1, 2})) ==
        "Auc: label 2 of row 2 is neither 0 nor 1");
  CHECK_CONTAINS(message(reals({0}), ints({-1})), "label -1 of row 0");
  CHECK(auc.state().at("negatives").as_list().size() == 1);
  CHECK(auc.value() == 1);
}

TEST_CASE("the area on a device is not read") {
  Auc auc;
  auc.update(on_meta(scores()), on_meta(labels()));
  auc.update(on_meta(at::zeros({2, 1})), on_meta(ints({0, 1})));
  CHECK_THROWS(auc.value());
  auc.reset();
  auc.update(scores(), labels());
  CHECK(auc.value() == 0.7333333333333333);
}

}  // namespace
