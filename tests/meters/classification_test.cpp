#include <ATen/ATen.h>

#include <limits>
#include <memory>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/meters/metrics.h"

// The numbers come from reference.py beside this file.

namespace {

using thexp::accuracy;
using thexp::Accuracy;
using thexp::ConfusionMatrix;
using thexp::Value;
using thexp_test::message_of;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

at::Tensor logits() {
  return at::tensor({2.0,  -1.0, 0.5, 0.25, 0.1,  0.2, 0.3,  0.4, -3.0, 1.5,
                     1.25, -0.5, 0.0, 4.0,  -2.0, 1.0, 1.0,  0.5, 0.75, 0.25,
                     -1.0, 2.0,  0.0, 3.0,  0.6,  0.7, -0.8, 0.9},
                    at::kFloat)
      .reshape({7, 4});
}

at::Tensor labels() { return at::tensor({0, 2, 1, 3, 2, 3, 0}, at::kLong); }

at::Tensor ints(std::vector<int64_t> values) {
  return at::tensor(values, at::kLong);
}

// The same values, laid out so that the plain loop cannot take them.
at::Tensor strided(const at::Tensor& tensor) {
  return tensor.t().contiguous().t();
}

at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.to(at::TensorOptions(at::kMeta));
}

TEST_CASE("T22 top-k accuracy equals Python's") {
  const double expected[] = {0.42857142857142855, 0.8571428571428571, 1.0, 1.0};
  for (int k = 1; k <= 4; ++k) {
    INFO("k = " << k);
    double value = expected[k - 1];
    at::Tensor result = accuracy(logits(), labels(), k);
    CHECK(result.dim() == 0);
    CHECK(result.item<double>() == value);
    CHECK(accuracy(strided(logits()), labels(), k).item<double>() == value);
    Accuracy metric(k), other(k);
    metric.update(logits(), labels());
    other.update(strided(logits()), labels());
    CHECK(metric.value() == value);
    CHECK(other.value() == value);
  }
}

TEST_CASE("T22 the seeds' top-k example counts 1, 2, 3 and 4") {
  at::Tensor same = at::tensor({5, 4, 3, 2}, at::kFloat).repeat({4, 1});
  for (int k = 1; k <= 4; ++k) {
    CHECK(accuracy(same, at::arange(4), k).item<double>() == k / 4.0);
  }
}

TEST_CASE("T22 accuracy takes every type of logits and labels") {
  for (at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (at::ScalarType label_type : {at::kLong, at::kInt, at::kByte}) {
      at::Tensor result =
          accuracy(logits().to(type), labels().to(label_type), 2);
      CHECK(result.item<double>() == 6.0 / 7);
      CHECK(result.scalar_type() == at::kDouble);
    }
  }
  at::Tensor graph = logits().requires_grad_() * 1;
  CHECK_FALSE(accuracy(graph, labels()).requires_grad());
  CHECK_FALSE(accuracy(strided(graph), labels(), 2).requires_grad());
}

TEST_CASE("T22 of equal logits the lower index comes first") {
  at::Tensor equal = at::zeros({3, 3});
  for (int k = 1; k <= 3; ++k) {
    CHECK(accuracy(equal, at::arange(3), k).item<double>() == k / 3.0);
    CHECK(accuracy(strided(equal), at::arange(3), k).item<double>() == k / 3.0);
  }
}

TEST_CASE("T22 a model that gives NaN is never right") {
  at::Tensor nan = at::full({2, 3}, kNan);
  at::Tensor mixed = at::tensor({1.0f, kNan, 0.0f}).repeat({2, 1});
  for (bool plain : {true, false}) {
    auto measured = [&](const at::Tensor& values, int64_t k) {
      return accuracy(plain ? values : strided(values), ints({0, 1}), k)
          .item<double>();
    };
    CHECK(measured(nan, 1) == 0);
    CHECK(measured(nan, 3) == 0);
    CHECK(measured(mixed, 1) == 0);
    CHECK(measured(mixed, 2) == 0.5);
  }
}

TEST_CASE("P13 accuracy is exact over uneven batches") {
  Accuracy metric;
  metric.update(logits().narrow(0, 0, 1), labels().narrow(0, 0, 1));
  metric.update(logits().narrow(0, 1, 4), labels().narrow(0, 1, 4));
  metric.update(logits().narrow(0, 5, 2), labels().narrow(0, 5, 2));
  CHECK(metric.value() == 3.0 / 7);
  metric.reset();
  metric.update(logits().narrow(0, 0, 1), labels().narrow(0, 0, 1));
  CHECK(metric.value() == 1);
}

TEST_CASE("T22 accuracy on a device is not read") {
  // A meta tensor has no values: reading one throws.
  CHECK(accuracy(on_meta(logits()), on_meta(labels())).is_meta());
  CHECK(accuracy(on_meta(logits()), on_meta(labels()), 3).is_meta());
  Accuracy metric(2);
  metric.update(on_meta(logits()), on_meta(labels()));
  metric.update(on_meta(logits()), on_meta(labels()));
  CHECK_THROWS(metric.value());
}

TEST_CASE("T22 accuracy refuses shapes, types, k and labels that do not fit") {
  auto message = [](const at::Tensor& a, const at::Tensor& b, int k = 1) {
    return message_of<thexp::UsageError>([&] { accuracy(a, b, k); });
  };
  CHECK(message(at::zeros({32, 10}), at::zeros({33}, at::kLong)) ==
        "accuracy takes floating logits [N, C] and integer labels [N] on one "
        "device, N > 0, but the logits are float [32, 10] on cpu and the "
        "labels long [33] on cpu");
  CHECK_CONTAINS(message(logits(), at::zeros({7})), "labels float [7]");
  CHECK_CONTAINS(message(labels(), labels()), "logits are long [7]");
  CHECK_CONTAINS(message(at::zeros({0, 3}), ints({})), "float [0, 3]");
  CHECK_CONTAINS(message(at::Tensor(), labels()), "logits are undefined");
  CHECK_CONTAINS(message(on_meta(logits()), labels()), "on meta");
  CHECK_CONTAINS(message(logits(), labels(), 5),
                 "k = 5, but it must be within 1 and the 4 classes");
  CHECK_CONTAINS(message(logits(), labels(), 0), "k = 0");
  CHECK(message(at::zeros({2, 3}), ints({1, 3})) ==
        "accuracy: label 3 of row 1 is not within 0 and 2 (the logits have 3 "
        "classes)");
  CHECK_CONTAINS(message(at::zeros({1, 3}), ints({-100})), "label -100");
  CHECK_THROWS_AS(Accuracy(0), thexp::UsageError);
}

TEST_CASE("a label out of range is named whatever holds logits and labels") {
  at::Tensor from_one = labels() + 1;  // 1 to C, a usual mistake
  for (at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (at::ScalarType label_type : {at::kLong, at::kInt, at::kByte}) {
      for (bool plain : {true, false}) {
        at::Tensor rows = logits().to(type);
        if (!plain) rows = strided(rows);
        at::Tensor truth = from_one.to(label_type);
        for (int k : {1, 2}) {
          CHECK_CONTAINS(
              message_of<thexp::UsageError>([&] { accuracy(rows, truth, k); }),
              "label 4 of row 3 is not within 0 and 3");
          CHECK_THROWS_AS(Accuracy(k).update(rows, truth), thexp::UsageError);
        }
        CHECK_CONTAINS(message_of<thexp::UsageError>(
                           [&] { ConfusionMatrix(4).update(rows, truth); }),
                       "label 4 of row 3 is not within 0 and 3");
      }
    }
  }
}

TEST_CASE("P13 metrics know their direction and name") {
  std::vector<std::unique_ptr<thexp::Metric>> metrics;
  metrics.push_back(std::make_unique<Accuracy>());
  metrics.push_back(std::make_unique<Accuracy>(5));
  metrics.push_back(std::make_unique<ConfusionMatrix>(3));
  metrics.push_back(std::make_unique<thexp::MeanSquaredError>());
  metrics.push_back(std::make_unique<thexp::MeanAbsoluteError>());
  metrics.push_back(std::make_unique<thexp::Perplexity>());
  std::string text;
  for (const auto& metric : metrics) {
    text += metric->name() + (metric->higher_is_better() ? "+ " : "- ");
    CHECK(message_of<thexp::UsageError>([&] { metric->value(); }) ==
          metric->name() + ": no examples were seen yet");
  }
  CHECK(text ==
        "accuracy+ top5_accuracy+ confusion_matrix+ mse- mae- perplexity- ");
}

TEST_CASE("P13 a confusion matrix counts truth by prediction") {
  ConfusionMatrix matrix(4);
  matrix.update(logits().narrow(0, 0, 3), labels().narrow(0, 0, 3));
  matrix.update(ints({1, 0, 3, 3}), labels().narrow(0, 3, 4));
  CHECK(matrix.counts() ==
        std::vector<std::vector<int64_t>>{
            {1, 0, 0, 1}, {0, 1, 0, 0}, {1, 0, 0, 1}, {0, 1, 0, 1}});
  CHECK(matrix.value() == 3.0 / 7);
}

TEST_CASE("P13 precision, recall and F1 equal Python's") {
  ConfusionMatrix matrix(4);
  matrix.update(logits().to(at::kHalf), labels().to(at::kInt));
  thexp::ClassScores last = matrix.of_class(3);
  CHECK(last.precision == Approx(0.3333333333333333).epsilon(1e-15));
  CHECK(last.recall == 0.5);
  CHECK(last.f1 == Approx(0.4).epsilon(1e-15));
  CHECK(last.support == 2);
  thexp::ClassScores macro = matrix.macro();
  CHECK(macro.precision == Approx(0.3333333333333333).epsilon(1e-15));
  CHECK(macro.recall == 0.5);
  CHECK(macro.f1 == Approx(0.3916666666666666).epsilon(1e-15));
  CHECK(macro.support == 7);
  thexp::ClassScores micro = matrix.micro();
  CHECK(micro.precision == 3.0 / 7);
  CHECK(micro.recall == 3.0 / 7);
  CHECK(micro.f1 == 3.0 / 7);
}

TEST_CASE("P13 absent classes score 0 and count in the macro mean") {
  ConfusionMatrix matrix(5);
  matrix.update(ints({0, 1, 1, 2, 2, 0}), ints({0, 0, 1, 2, 2, 2}));
  thexp::ClassScores absent = matrix.of_class(4);
  CHECK(absent.precision == 0);
  CHECK(absent.recall == 0);
  CHECK(absent.f1 == 0);
  CHECK(absent.support == 0);
  CHECK(matrix.of_class(2).f1 == Approx(0.8).epsilon(1e-15));
  CHECK(matrix.macro().precision == Approx(0.4).epsilon(1e-15));
  CHECK(matrix.macro().recall == Approx(0.4333333333333333).epsilon(1e-15));
  CHECK(matrix.macro().f1 == Approx(0.3933333333333333).epsilon(1e-15));
}

TEST_CASE("a row of NaN logits is an example that no class was predicted for") {
  for (at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    at::Tensor rows = at::eye(3);
    rows[1][0] = kNan;
    ConfusionMatrix matrix(3);
    matrix.update(rows.to(type), ints({0, 1, 2}));
    CHECK(matrix.counts() ==
          std::vector<std::vector<int64_t>>{{1, 0, 0}, {0, 0, 0}, {0, 0, 1}});
    CHECK(matrix.undecided() == 1);
    CHECK(matrix.value() == 2.0 / 3);
    CHECK(matrix.of_class(0).precision == 1);
    CHECK(matrix.of_class(1).recall == 0);
    CHECK(matrix.of_class(1).support == 1);
    CHECK(matrix.macro().recall == Approx(2.0 / 3).epsilon(1e-15));
    CHECK(matrix.micro().precision == 1);
    CHECK(matrix.micro().recall == 2.0 / 3);
    ConfusionMatrix resumed(3);
    resumed.load_state(Value::from_json(matrix.state().to_json()));
    CHECK(resumed.undecided() == 1);
    CHECK(resumed.counts() == matrix.counts());
  }
}

TEST_CASE("a confusion matrix loads its state of before undecided rows") {
  ConfusionMatrix matrix(2);
  matrix.load_state(Value::from_json(R"({"counts":[3,1,0,2]})"));
  CHECK(matrix.counts() == std::vector<std::vector<int64_t>>{{3, 1}, {0, 2}});
  CHECK(matrix.undecided() == 0);
}

TEST_CASE("P13 a confusion matrix on a device is not read") {
  ConfusionMatrix matrix(4);
  matrix.update(on_meta(logits()), on_meta(labels()));
  matrix.update(on_meta(labels()), on_meta(labels()));
  CHECK_THROWS(matrix.counts());
  matrix.reset();
  matrix.update(logits(), labels());
  CHECK(matrix.value() == 3.0 / 7);
}

TEST_CASE(
    "P13 a confusion matrix refuses what does not fit, and keeps its counts") {
  ConfusionMatrix matrix(3);
  matrix.update(ints({0}), ints({0}));
  auto message = [&](const at::Tensor& a, const at::Tensor& b) {
    return message_of<thexp::UsageError>([&] { matrix.update(a, b); });
  };
  CHECK_CONTAINS(message(logits(), labels()),
                 "takes logits [N, 3] or class indices [N], and labels [N] on "
                 "the same device, but the predictions are float [7, 4] on "
                 "cpu and the labels long [7] on cpu");
  CHECK(message(ints({0, 1}), ints({1, 3})) ==
        "ConfusionMatrix: label 3 of row 1 is not within 0 and 2");
  CHECK_CONTAINS(message(ints({-1}), ints({1})), "prediction -1 of row 0");
  CHECK_CONTAINS(message(ints({1}), ints({1, 1})), "long [1]");
  CHECK(matrix.micro().support == 1);
  CHECK_THROWS_AS(matrix.of_class(3), thexp::UsageError);
  CHECK_THROWS_AS(ConfusionMatrix(0), thexp::UsageError);
}

TEST_CASE("P13 metrics go on from their state") {
  Accuracy metric, resumed;
  metric.update(logits().narrow(0, 0, 3), labels().narrow(0, 0, 3));
  resumed.load_state(Value::from_json(metric.state().to_json()));
  resumed.update(logits().narrow(0, 3, 4), labels().narrow(0, 3, 4));
  CHECK(resumed.value() == 3.0 / 7);

  ConfusionMatrix matrix(4), other(4);
  matrix.update(logits(), labels());
  other.load_state(Value::from_json(matrix.state().to_json()));
  CHECK(other.counts() == matrix.counts());
  CHECK(message_of<thexp::FormatError>([&] {
          ConfusionMatrix(2).load_state(matrix.state());
        }) == "ConfusionMatrix: the state has 20 counts, but 2 classes have 6");
}

}  // namespace
