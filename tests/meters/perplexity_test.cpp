#include "thexp/meters/perplexity.h"

#include <ATen/ATen.h>

#include <cmath>

#include "catch.h"
#include "thexp/base/error.h"

// The numbers come from reference.py beside this file.

namespace {

using thexp::Perplexity;
using thexp_test::message_of;

at::Tensor logits() {
  return at::tensor({2.0,  -1.0, 0.5, 0.25, 0.1,  0.2, 0.3,  0.4, -3.0, 1.5,
                     1.25, -0.5, 0.0, 4.0,  -2.0, 1.0, 1.0,  0.5, 0.75, 0.25,
                     -1.0, 2.0,  0.0, 3.0,  0.6,  0.7, -0.8, 0.9},
                    at::kFloat)
      .reshape({7, 4});
}

at::Tensor tokens(std::vector<int64_t> values) {
  return at::tensor(values, at::kLong);
}

TEST_CASE("P13 Perplexity leaves out targets of -100, as PyTorch does") {
  for (at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf}) {
    Perplexity metric;
    metric.update(logits().to(type), tokens({0, -100, 1, 3, -100, 3, 0}));
    CHECK(metric.value() ==
          Approx(3.1665134114273616).epsilon(type == at::kHalf ? 1e-3 : 1e-6));
  }
}

TEST_CASE("Perplexity leaves out the index that it is given") {
  Perplexity metric(3), other(3);
  metric.update(logits(), tokens({0, 2, 1, 3, 2, 3, 0}));
  CHECK(metric.value() == Approx(2.7050795107698207).epsilon(1e-6));
  other.update(logits().narrow(0, 0, 4), tokens({0, 2, 1, 3}));
  other.update(logits().narrow(0, 4, 3), tokens({2, 3, 0}));
  CHECK(other.value() == Approx(metric.value()).epsilon(1e-12));
  Perplexity resumed(3);
  resumed.load_state(thexp::Value::from_json(metric.state().to_json()));
  CHECK(resumed.value() == metric.value());
  // As it was written when every token counted.
  resumed.load_state(thexp::Value::from_json(
      R"({"sum":{"host":6.0,"device":null},"examples":3})"));
  CHECK(resumed.value() == std::exp(2.0));
}

TEST_CASE("Perplexity of nothing but padding saw no examples") {
  Perplexity metric;
  metric.update(at::zeros({2, 3}), tokens({-100, -100}));
  CHECK(message_of<thexp::UsageError>([&] { metric.value(); }) ==
        "perplexity: no examples were seen yet");
}

TEST_CASE("Perplexity names a token out of range, and keeps what it had") {
  Perplexity metric;
  CHECK(
      message_of<thexp::UsageError>([&] {
        metric.update(at::zeros({2, 2, 4}), tokens({0, 1, 4, 2}).view({2, 2}));
      }) ==
      "Perplexity: token 4 at place 2 is neither within 0 and 3 nor the "
      "ignored index -100");
  CHECK_THROWS_AS(metric.update(at::zeros({1, 4}), tokens({-1})),
                  thexp::UsageError);
  CHECK_THROWS_AS(metric.value(), thexp::UsageError);
}

}  // namespace
