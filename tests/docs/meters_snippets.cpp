#include <ATen/ATen.h>

#include <string>

#include "catch.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/meters/metrics.h"

namespace {

TEST_CASE("docs/meters.md: one step") {
  at::Tensor logits = at::eye(4), labels = at::tensor({0, 1, 2, 2}, at::kLong);
  at::Tensor loss = at::scalar_tensor(0.21341);
  // [meter]
  thexp::Meter meter;
  meter["loss"] = loss;
  meter.percent("acc") = thexp::accuracy(logits, labels);
  meter.fixed("lr", 6) = 0.1;
  meter["correct"].sum() = 17;
  meter.add("all", 5);  // a missing key adds up from nothing

  std::string line = meter.to_string();
  // @loss=0.2134  @acc=75.00%  @lr=0.100000  @correct=17  @all=5
  // [/meter]
  CHECK(line == "@loss=0.2134  @acc=75.00%  @lr=0.100000  @correct=17  @all=5");
}

TEST_CASE("docs/meters.md: many steps") {
  // [average]
  thexp::AvgMeter average;
  for (int i = 1; i <= 3; ++i) {
    thexp::Meter meter;
    meter["loss"] = 1.0 / i;
    meter["correct"].sum() = 10 * i;
    meter["grad"].max() = 0.5 * i;
    average.update(meter, /*weight=*/i == 3 ? 16 : 32);
  }
  std::string line = average.to_string();
  // @loss=0.3333(0.6667)  @correct=30(60)  @grad=1.5000(1.5000)
  // [/average]
  CHECK(line == "@loss=0.3333(0.6667)  @correct=30(60)  @grad=1.5000(1.5000)");
}

TEST_CASE("docs/meters.md: resuming") {
  thexp::AvgMeter average;
  // [state]
  std::string saved = average.state().to_json();

  thexp::AvgMeter resumed;
  resumed.load_state(thexp::Value::from_json(saved));
  // [/state]
  CHECK(resumed.empty());
}

TEST_CASE("docs/meters.md: metrics") {
  at::Tensor logits = at::eye(3), labels = at::tensor({0, 1, 1}, at::kLong);
  // [metrics]
  thexp::Accuracy top2(2);
  thexp::ConfusionMatrix matrix(3);
  for (int start = 0; start < 3; start += 2) {  // a batch of 2, then of 1
    at::Tensor some = logits.slice(0, start, start + 2);
    at::Tensor truth = labels.slice(0, start, start + 2);
    top2.update(some, truth);
    matrix.update(some, truth);
  }
  double share = top2.value();                // 2 of 3
  double recall = matrix.of_class(1).recall;  // 1 of 2
  double f1 = matrix.macro().f1;
  // [/metrics]
  CHECK(share == 2.0 / 3);
  CHECK(recall == 0.5);
  CHECK(f1 == Approx((1 + 2.0 / 3 + 0) / 3));
}

TEST_CASE("docs/meters.md: metrics of whole sets") {
  at::Tensor reference_tokens =
      at::tensor({4, 5, 6, 0}, at::kLong).view({1, 4});
  at::Tensor predicted_tokens = reference_tokens;
  // [sets]
  thexp::F1 f1(3, thexp::Average::kWeighted);
  thexp::Recall found(2, thexp::OneClass{1});  // of class 1 alone
  thexp::Bleu bleu(thexp::BleuOptions().padding(0).smooth(true));
  bleu.update(predicted_tokens, reference_tokens);
  // [/sets]
  CHECK(bleu.value() == 1);
  CHECK(f1.name() + " " + found.name() == "f1 recall");
}

TEST_CASE("docs/meters.md: a metric of one's own") {
  at::Tensor predictions = at::ones({4}), targets = at::zeros({4});
  // [function]
  thexp::FunctionMetric huber("huber", thexp::Direction::kLowerIsBetter,
                              [](const at::Tensor& a, const at::Tensor& b) {
                                return at::huber_loss(a, b);
                              });
  huber.update(predictions, targets);
  // [/function]
  CHECK(huber.value() == 0.5);
}

}  // namespace
