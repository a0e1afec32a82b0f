#include "thexp/meters/r2.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

// The numbers come from set_reference.py beside this file.

namespace {

using thexp::R2;
using thexp::Value;
using thexp_test::message_of;

at::Tensor reals(std::vector<double> values) {
  return at::tensor(values, at::kDouble);
}
at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.to(at::TensorOptions(at::kMeta));
}

double r2(const at::Tensor& predictions, const at::Tensor& targets) {
  R2 metric;
  metric.update(predictions, targets);
  return metric.value();
}

// Targets around 1e9 that differ by quarters, and predictions near them.
at::Tensor far() { return at::arange(7, at::kDouble) * 0.25 + 1e9; }
at::Tensor near_far() {
  return far() + reals({0.125, -0.25, 0.125, -0.25, 0.125, -0.25, 0.125});
}

TEST_CASE("R2 equals scikit-learn's examples") {
  CHECK(r2(reals({2.5, 0, 2, 8}), reals({3, -0.5, 2, 7})) ==
        Approx(0.9486081370449678).epsilon(1e-15));
  CHECK(r2(reals({1, 2, 3}), reals({1, 2, 3})) == 1);
  CHECK(r2(reals({2, 2, 2}), reals({1, 2, 3})) == 0);
  CHECK(r2(reals({3, 2, 1}), reals({1, 2, 3})) == -3);
}

TEST_CASE("R2 takes all elements together, of any type and layout") {
  at::Tensor prediction = reals({2.5, 0, 2, 8}).view({2, 2});
  at::Tensor target = reals({3, -0.5, 2, 7}).view({2, 2});
  for (at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf}) {
    CHECK(r2(prediction.to(type).requires_grad_(), target.to(at::kFloat)) ==
          Approx(0.9486081370449678).epsilon(1e-15));
  }
  CHECK(r2(prediction.t(), target.t()) ==
        Approx(0.9486081370449678).epsilon(1e-15));
  CHECK(r2(at::tensor({3, 2, 1}), at::tensor({1, 2, 3})) == -3);
}

TEST_CASE("R2 of targets far from 0 is exact over uneven batches") {
  R2 metric;
  for (auto [start, length] : {std::pair(0, 1), {1, 4}, {5, 2}}) {
    metric.update(near_far().narrow(0, start, length),
                  far().narrow(0, start, length));
  }
  CHECK(r2(near_far(), far()) == Approx(0.8571428571428571).epsilon(1e-14));
  CHECK(metric.value() == Approx(0.8571428571428571).epsilon(1e-12));
  CHECK(metric.name() == "r2");
  CHECK(metric.higher_is_better());
}

TEST_CASE("R2 of targets that are all the same is 1 when right, else 0") {
  // Of 0.1 neither the sum nor the mean is exact.
  at::Tensor same = at::full({1000}, 0.1, at::kDouble);
  R2 right, wrong;
  for (auto [start, length] : {std::pair(0, 3), {3, 700}, {703, 297}}) {
    at::Tensor target = same.narrow(0, start, length);
    right.update(target, target);
    wrong.update(target + 1e-8, target);
  }
  CHECK(right.value() == 1);
  CHECK(wrong.value() == 0);
}

TEST_CASE("R2 shows a NaN") {
  at::Tensor nan = reals({1, std::numeric_limits<double>::quiet_NaN()});
  CHECK(std::isnan(r2(nan, reals({1, 2}))));
  CHECK(std::isnan(r2(nan, reals({1, 1}))));
  CHECK(std::isnan(r2(reals({1, 2}), nan)));
}

TEST_CASE("R2 goes on from its state, bit for bit") {
  R2 metric, resumed;
  metric.update(reals({0.1, 0.7, 1.3}), reals({0.3, 0.6, 1.7}));
  resumed.load_state(Value::from_json(metric.state().to_json()));
  for (R2* each : {&metric, &resumed}) {
    each->update(reals({0.2, -0.7}), reals({1e-3, -1.1}));
    each->update(reals({5.1}), reals({4.9}));
  }
  CHECK(resumed.state() == metric.state());
  CHECK(resumed.value() == metric.value());
  metric.reset();
  CHECK_THROWS_AS(metric.value(), thexp::UsageError);
  CHECK_THROWS_AS(metric.load_state(Value::Dict{}), thexp::UsageError);
}

TEST_CASE("R2 puts a device's elements beside the host's") {
  R2 metric;
  // As it is saved when 1 and 2, predicted as 3 and 2, were on a device.
  metric.load_state(Value::from_json(
      R"({"host":{"count":0,"mean":0.0,"deviations":0.0,"errors":0.0},
          "device":{"count":2,"mean":1.5,"deviations":0.5,"errors":4.0}})"));
  CHECK(metric.value() == -7);
  metric.update(reals({1}), reals({3}));
  CHECK(metric.value() == Approx(-3).epsilon(1e-15));
  R2 resumed;
  resumed.load_state(metric.state());
  CHECK(resumed.state() == metric.state());
}

TEST_CASE("R2 on a device is not read") {
  R2 metric;
  metric.update(on_meta(at::zeros({3, 2})), on_meta(at::zeros({3, 2})));
  metric.update(on_meta(at::zeros({1})), on_meta(at::zeros({1})));
  CHECK_THROWS(metric.value());
}

TEST_CASE("R2 refuses what does not fit, and too few elements") {
  R2 metric;
  auto message = [&](const at::Tensor& a, const at::Tensor& b) {
    return message_of<thexp::UsageError>([&] { metric.update(a, b); });
  };
  CHECK(message(at::zeros({8, 1}), at::zeros({8})) ==
        "R2 takes predictions and targets of one shape on one device, not "
        "empty, but they are float [8, 1] on cpu and float [8] on cpu");
  CHECK_CONTAINS(message(at::zeros({0}), at::zeros({0})), "float [0]");
  CHECK_CONTAINS(message(at::zeros({1}), at::Tensor()), "undefined");
  CHECK(message_of<thexp::UsageError>([&] { metric.value(); }) ==
        "r2: no examples were seen yet");
  metric.update(reals({1}), reals({1}));
  CHECK(message_of<thexp::UsageError>([&] { metric.value(); }) ==
        "r2: 1 element was seen, but it takes 2 or more to deviate from their "
        "mean");
}

}  // namespace
