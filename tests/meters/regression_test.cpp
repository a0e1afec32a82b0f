#include "thexp/meters/regression.h"

#include <ATen/ATen.h>

#include <cmath>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/meters/perplexity.h"

// The numbers come from reference.py beside this file.

namespace {

using thexp::MeanAbsoluteError;
using thexp::MeanSquaredError;
using thexp::Perplexity;
using thexp_test::message_of;

at::Tensor predictions() {
  return at::tensor({0.5, -1.25, 3.0, 0.1, 2.2}, at::kFloat);
}
at::Tensor targets() {
  return at::tensor({0.25, -1.0, 2.0, 0.4, 2.0}, at::kFloat);
}
at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.to(at::TensorOptions(at::kMeta));
}

TEST_CASE("P13 MSE and MAE are exact over uneven batches") {
  MeanSquaredError mse;
  MeanAbsoluteError mae;
  for (auto [start, length] : {std::pair(0, 1), std::pair(1, 4)}) {
    at::Tensor prediction = predictions().narrow(0, start, length);
    at::Tensor target = targets().narrow(0, start, length);
    mse.update(prediction, target);
    mae.update(prediction, target);
  }
  CHECK(mse.value() == Approx(0.2510000043511395).epsilon(1e-15));
  CHECK(mae.value() == Approx(0.40000001043081285).epsilon(1e-15));
}

TEST_CASE("P13 MSE and MAE take other types and layouts to the same value") {
  MeanSquaredError mse;
  MeanAbsoluteError mae;
  at::Tensor strided = predictions().repeat({2, 1}).t();
  at::Tensor target = targets().to(at::kDouble).repeat({2, 1}).t();
  mse.update(strided, target);
  mae.update(strided.detach().requires_grad_(), target);
  CHECK(mse.value() == Approx(0.2510000043511395).epsilon(1e-6));
  CHECK(mae.value() == Approx(0.40000001043081285).epsilon(1e-6));
  MeanAbsoluteError integers;
  integers.update(at::tensor({1, 2}), at::tensor({4, 2}));
  CHECK(integers.value() == 1.5);
}

TEST_CASE("P13 MSE broadcasts nothing") {
  MeanSquaredError mse;
  CHECK(message_of<thexp::UsageError>([&] {
          mse.update(at::zeros({8, 1}), at::zeros({8}));
        }) ==
        "MeanSquaredError takes predictions and targets of one shape on one "
        "device, not empty, but they are float [8, 1] on cpu and float [8] on "
        "cpu");
  CHECK_THROWS_AS(mse.update(at::zeros({0}), at::zeros({0})),
                  thexp::UsageError);
  CHECK_THROWS_AS(MeanAbsoluteError().update(predictions(), at::Tensor()),
                  thexp::UsageError);
}

TEST_CASE("P13 MSE and perplexity on a device are not read") {
  MeanSquaredError mse;  // MAE's way, but LibTorch 1.13 has no abs() there
  Perplexity perplexity;
  for (int i = 0; i < 2; ++i) {
    mse.update(on_meta(predictions()), on_meta(targets()));
    perplexity.update(on_meta(at::zeros({2, 3})),
                      on_meta(at::zeros({2}, at::kLong)));
  }
  CHECK_THROWS(mse.value());
  CHECK_THROWS(perplexity.value());
}

TEST_CASE("P13 perplexity equals Python's over uneven batches") {
  at::Tensor logits =
      at::tensor({2.0,  -1.0, 0.5, 0.25, 0.1,  0.2, 0.3,  0.4, -3.0, 1.5,
                  1.25, -0.5, 0.0, 4.0,  -2.0, 1.0, 1.0,  0.5, 0.75, 0.25,
                  -1.0, 2.0,  0.0, 3.0,  0.6,  0.7, -0.8, 0.9},
                 at::kFloat)
          .reshape({7, 4});
  at::Tensor labels = at::tensor({0, 2, 1, 3, 2, 3, 0}, at::kLong);
  Perplexity perplexity;
  perplexity.update(logits.narrow(0, 0, 1), labels.narrow(0, 0, 1));
  perplexity.update(logits.narrow(0, 1, 6).reshape({2, 3, 4}),
                    labels.narrow(0, 1, 6).reshape({2, 3}));
  CHECK(perplexity.value() == Approx(3.3228251026384354).epsilon(1e-7));
}

TEST_CASE("P13 perplexity comes from summed token likelihoods") {
  Perplexity perplexity;
  perplexity.update_nll(at::scalar_tensor(std::log(2.0) * 3, at::kDouble), 3);
  perplexity.update_nll(at::scalar_tensor(std::log(8.0), at::kDouble), 1);
  // (3 log 2 + log 8) / 4 = 1.5 log 2
  CHECK(perplexity.value() == Approx(std::pow(2.0, 1.5)).epsilon(1e-14));
  CHECK_THROWS_AS(perplexity.update_nll(at::ones({}), 0), thexp::UsageError);
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] {
        perplexity.update(at::zeros({2, 3}), at::zeros({3}, at::kLong));
      }),
      "logits [..., C] and integer targets [...] on one device, not "
      "empty, but they are float [2, 3] on cpu and long [3] on cpu");
}

TEST_CASE("P13 a function's batch means weigh as many examples as they have") {
  thexp::FunctionMetric loss(
      "loss", thexp::Direction::kLowerIsBetter,
      [](const at::Tensor& a, const at::Tensor& b) { return (a - b).mean(); });
  loss.update(at::full({3}, 5.0), at::ones({3}));
  loss.update(at::full({1, 2}, 1.0), at::ones({1, 2}));
  CHECK(loss.value() == 3.0);
  CHECK(loss.name() == "loss");
  CHECK_FALSE(loss.higher_is_better());
  loss.update(on_meta(targets()), on_meta(targets()));
  CHECK_THROWS(loss.value());
}

TEST_CASE("P13 a function that gives no mean is refused") {
  using thexp::FunctionMetric;
  FunctionMetric bad("bad", thexp::Direction::kHigherIsBetter,
                     [](const at::Tensor& a, const at::Tensor&) { return a; });
  CHECK(message_of<thexp::UsageError>(
            [&] { bad.update(predictions(), targets()); }) ==
        "metric 'bad': its function gives a batch's mean as one element, but "
        "it gave float [5] on cpu");
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [&] { bad.update(predictions(), at::ones({})); }),
                 "targets' first dimension counts the examples");
  CHECK_THROWS_AS(
      FunctionMetric("none", thexp::Direction::kHigherIsBetter, nullptr),
      thexp::UsageError);
}

}  // namespace
