#include "thexp/meters/precision_recall.h"

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"

// The numbers come from set_reference.py and reference.py beside this file.

namespace {

using thexp::Average;
using thexp::F1;
using thexp::OneClass;
using thexp::Precision;
using thexp::Recall;
using thexp_test::message_of;

at::Tensor ints(std::vector<int64_t> values) {
  return at::tensor(values, at::kLong);
}

// scikit-learn's example of f1_score.
at::Tensor labels() { return ints({0, 1, 2, 0, 1, 2}); }
at::Tensor predictions() { return ints({0, 2, 1, 0, 0, 1}); }

// Of the example, in batches of 1, 3 and 2.
double value_of(thexp::Metric&& metric) {
  for (auto [start, length] : {std::pair(0, 1), {1, 3}, {4, 2}}) {
    metric.update(predictions().narrow(0, start, length),
                  labels().narrow(0, start, length));
  }
  return metric.value();
}

TEST_CASE("a confusion matrix weighs classes by their support") {
  thexp::ConfusionMatrix matrix(3), absent(5);
  matrix.update(predictions(), labels());
  CHECK(matrix.weighted().precision ==
        Approx(0.2222222222222222).epsilon(1e-15));
  CHECK(matrix.weighted().recall == Approx(0.3333333333333333).epsilon(1e-15));
  CHECK(matrix.weighted().f1 == Approx(0.26666666666666666).epsilon(1e-15));
  absent.update(ints({0, 1, 1, 2, 2, 0}), ints({0, 0, 1, 2, 2, 2}));
  CHECK(absent.weighted().precision == Approx(0.75).epsilon(1e-15));
  CHECK(absent.weighted().recall == Approx(absent.value()).epsilon(1e-15));
  CHECK(absent.weighted().f1 == Approx(0.6777777777777778).epsilon(1e-15));
  CHECK(absent.weighted().support == 6);
  CHECK(message_of<thexp::UsageError>([] {
          thexp::ConfusionMatrix(3).weighted();
        }) == "confusion_matrix: no examples were seen yet");
}

TEST_CASE("Precision, Recall and F1 take the average that they are told") {
  CHECK(value_of(Precision(3)) == Approx(0.2222222222222222).epsilon(1e-15));
  CHECK(value_of(Recall(3)) == Approx(0.3333333333333333).epsilon(1e-15));
  CHECK(value_of(F1(3)) == Approx(0.26666666666666666).epsilon(1e-15));
  // Two examples of each class: the same numbers.
  CHECK(value_of(Precision(3, Average::kWeighted)) ==
        Approx(0.2222222222222222).epsilon(1e-15));
  CHECK(value_of(Recall(3, Average::kWeighted)) ==
        Approx(0.3333333333333333).epsilon(1e-15));
  CHECK(value_of(Precision(3, Average::kMicro)) == 2.0 / 6);
  CHECK(value_of(Recall(3, Average::kMicro)) == 2.0 / 6);
  CHECK(value_of(F1(3, Average::kMicro)) == 2.0 / 6);
  F1 weighted(5, Average::kWeighted), macro(5, Average::kMacro);
  for (F1* metric : {&weighted, &macro}) {
    metric->update(ints({0, 1, 1, 2, 2, 0}), ints({0, 0, 1, 2, 2, 2}));
  }
  CHECK(weighted.value() == Approx(0.6777777777777778).epsilon(1e-15));
  CHECK(macro.value() == Approx(0.3933333333333333).epsilon(1e-15));
}

TEST_CASE("Precision, Recall and F1 are of one class when it is named") {
  // Class 0: 2 hits, 3 predicted, 2 there.
  CHECK(value_of(Precision(3, OneClass{0})) == 2.0 / 3);
  CHECK(value_of(Recall(3, OneClass{0})) == 1);
  CHECK(value_of(F1(3, OneClass{0})) == Approx(0.8).epsilon(1e-15));
  CHECK(value_of(F1(3, OneClass{2})) == 0);
  Recall binary(2, OneClass{1});
  binary.update(at::tensor({2.0, 1.0, 0.0, 1.0}).view({2, 2}), ints({1, 1}));
  CHECK(binary.value() == 0.5);
  CHECK(binary.matrix().of_class(1).support == 2);
}

TEST_CASE("class metrics have a name and a direction") {
  std::string names;
  for (const thexp::Metric* metric : std::initializer_list<thexp::Metric*>{
           new Precision(2), new Recall(2), new F1(2, OneClass{0})}) {
    std::unique_ptr<const thexp::Metric> owner(metric);
    names += metric->name() + (metric->higher_is_better() ? "+ " : "- ");
    CHECK(message_of<thexp::UsageError>([&] { metric->value(); }) ==
          metric->name() + ": no examples were seen yet");
  }
  CHECK(names == "precision+ recall+ f1+ ");
}

TEST_CASE("class metrics go on from their state") {
  F1 metric(3, OneClass{0}), resumed(3, OneClass{0});
  metric.update(predictions().narrow(0, 0, 3), labels().narrow(0, 0, 3));
  resumed.load_state(thexp::Value::from_json(metric.state().to_json()));
  for (F1* each : {&metric, &resumed}) {
    each->update(predictions().narrow(0, 3, 3), labels().narrow(0, 3, 3));
  }
  CHECK(resumed.value() == metric.value());
  CHECK(resumed.state() == metric.state());
  metric.reset();
  CHECK_THROWS_AS(metric.value(), thexp::UsageError);
  CHECK(message_of<thexp::FormatError>([&] {
          Recall(2).load_state(resumed.state());
        }) == "Recall: the state has 12 counts, but 2 classes have 6");
}

TEST_CASE("class metrics refuse what does not fit in their own name") {
  auto message = [](const at::Tensor& a, const at::Tensor& b) {
    return message_of<thexp::UsageError>([&] { F1(3).update(a, b); });
  };
  CHECK(message(at::zeros({2, 4}), ints({0, 1})) ==
        "F1 takes logits [N, 3] or class indices [N], and labels [N] on the "
        "same device, but the predictions are float [2, 4] on cpu and the "
        "labels long [2] on cpu");
  CHECK(message(ints({0}), ints({3})) ==
        "F1: label 3 of row 0 is not within 0 and 2");
  CHECK(message(ints({-1}), ints({0})) ==
        "F1: prediction -1 of row 0 is not within 0 and 2");
  CHECK(message_of<thexp::UsageError>([] { Precision(0); }) ==
        "Precision: there must be 1 class or more, not 0");
  for (int64_t index : {-1, 2}) {
    CHECK(message_of<thexp::UsageError>([&] { Recall(2, OneClass{index}); }) ==
          "Recall: there is no class " + std::to_string(index) +
              " of 2 classes");
  }
}

}  // namespace
