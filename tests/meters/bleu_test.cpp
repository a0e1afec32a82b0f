#include "thexp/meters/bleu.h"

#include <ATen/ATen.h>

#include "catch.h"
#include "thexp/base/error.h"

// The numbers come from set_reference.py beside this file.

namespace {

using thexp::Bleu;
using thexp::BleuOptions;
using thexp::Value;
using thexp_test::message_of;

at::Tensor rows(std::vector<int64_t> tokens, int64_t count) {
  return at::tensor(tokens, at::kLong).view({count, -1});
}
at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.to(at::TensorOptions(at::kMeta));
}

// Three sentences, ended by 0; what comes after it is no part of them.
at::Tensor predictions() {
  return rows(
      {3, 4, 5, 6, 7, 3, 4, 0, 8, 8, 8, 9, 0, 7, 0, 0, 1, 2, 3, 4, 5, 6, 0, 3},
      3);
}
at::Tensor references() {
  return rows({3,    4,    5,    6, 7, 8, 3, 4, 9, 0, 8, 9, 8, 7, 0,
               -100, -100, -100, 8, 8, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0},
              3);
}

BleuOptions padded() { return BleuOptions().padding(0); }

double bleu(const at::Tensor& predictions,
            const at::Tensor& references,
            BleuOptions options = padded()) {
  Bleu metric(options);
  metric.update(predictions, references);
  return metric.value();
}

TEST_CASE("BLEU of a corpus equals Python's") {
  CHECK(bleu(predictions(), references()) ==
        Approx(0.6071052432464141).epsilon(1e-14));
  CHECK(bleu(predictions(), references(), padded().smooth(true)) ==
        Approx(0.6380434856494526).epsilon(1e-14));
  // The predictions are the longer ones: no penalty.
  CHECK(bleu(references(), predictions()) ==
        Approx(0.5927598033463076).epsilon(1e-14));
  CHECK(bleu(predictions().to(at::kInt), references().to(at::kShort)) ==
        Approx(0.6071052432464141).epsilon(1e-14));
  CHECK(bleu(predictions(), predictions()) == 1);
}

TEST_CASE("BLEU is exact over uneven batches of any lengths") {
  Bleu metric(padded());
  metric.update(predictions().narrow(0, 0, 1), references().narrow(0, 0, 1));
  metric.update(predictions().narrow(0, 1, 2).slice(1, 0, 7),
                references().narrow(0, 1, 2).slice(1, 0, 6));
  CHECK(metric.value() == bleu(predictions(), references()));
  CHECK(metric.name() == "bleu");
  CHECK(metric.higher_is_better());
}

TEST_CASE("BLEU counts an n-gram as often as the reference has it") {
  // "the" seven times, against "the cat is on the mat": 2 of 7.
  Bleu metric;
  metric.update(rows({1, 1, 1, 1, 1, 1, 1}, 1), rows({1, 2, 3, 4, 1, 5}, 1));
  Value state = metric.state();
  CHECK(state.at("matches") == Value(Value::List{2, 0, 0, 0}));
  CHECK(state.at("totals") == Value(Value::List{7, 6, 5, 4}));
  CHECK(state.at("reference_length") == Value(6));
  CHECK(metric.value() == 0);
  Bleu smoothed(BleuOptions().smooth(true));
  smoothed.load_state(state);
  CHECK(smoothed.value() == Approx(0.19205612637498934).epsilon(1e-14));
}

TEST_CASE("BLEU of sentences that are too short is 0, unless smoothed") {
  at::Tensor one = rows({8, 8, 8, 9}, 1), other = rows({8, 9, 8, 7}, 1);
  CHECK(bleu(one, other) == 0);
  CHECK(bleu(one, other, BleuOptions().smooth(true)) ==
        Approx(0.5).epsilon(1e-14));
  CHECK(bleu(rows({5}, 1), rows({5, 6, 7, 8}, 1)) == 0);
  CHECK(bleu(rows({5, 6, 7, 8}, 1), rows({5}, 1)) == 0);
  CHECK(bleu(rows({5, 6}, 1), rows({5, 6}, 1), padded().smooth(true)) == 1);
  // Nothing was predicted, in one way or another.
  CHECK(bleu(rows({0, 3}, 1), rows({5, 6}, 1), padded().smooth(true)) == 0);
  CHECK(bleu(at::zeros({1, 0}, at::kLong), rows({5, 6}, 1)) == 0);
  CHECK(bleu(rows({5, 6}, 1), at::zeros({1, 0}, at::kLong)) == 0);
}

TEST_CASE("BLEU goes on from its state") {
  Bleu metric(padded()), resumed(padded());
  metric.update(predictions().narrow(0, 0, 1), references().narrow(0, 0, 1));
  resumed.load_state(Value::from_json(metric.state().to_json()));
  for (Bleu* each : {&metric, &resumed}) {
    each->update(predictions().narrow(0, 1, 2), references().narrow(0, 1, 2));
  }
  CHECK(resumed.state() == metric.state());
  CHECK(resumed.value() == bleu(predictions(), references()));
  Value broken = metric.state();
  broken["totals"] = Value::List{1, 2};
  CHECK(message_of<thexp::FormatError>([&] { resumed.load_state(broken); }) ==
        "Bleu: the state has 2 totals, not 4");
  CHECK(resumed.value() == metric.value());
  metric.reset();
  CHECK(message_of<thexp::UsageError>([&] { metric.value(); }) ==
        "bleu: no examples were seen yet");
}

TEST_CASE("BLEU on a device is not read") {
  Bleu metric(padded());
  metric.update(on_meta(predictions()), on_meta(references()));
  metric.update(on_meta(predictions()), on_meta(references()));
  CHECK_THROWS(metric.value());
}

TEST_CASE("BLEU refuses what does not fit, and keeps what it had") {
  Bleu metric(padded());
  metric.update(predictions(), references());
  Value before = metric.state();
  auto message = [&](const at::Tensor& a, const at::Tensor& b) {
    return message_of<thexp::UsageError>([&] { metric.update(a, b); });
  };
  CHECK(message(rows({1, 2}, 1), rows({1, 2}, 2)) ==
        "Bleu takes token ids [N, T] and references [N, U] of as many "
        "sentences on one device, N > 0, but the predictions are long [1, 2] "
        "on cpu and the references long [2, 1] on cpu");
  CHECK_CONTAINS(message(at::zeros({1, 2}), rows({1}, 1)), "float [1, 2]");
  CHECK_CONTAINS(message(rows({1}, 1).view({1}), rows({1}, 1)), "long [1]");
  CHECK_CONTAINS(message(at::zeros({0, 2}, at::kLong), rows({1}, 1)), "[0, 2]");
  CHECK_CONTAINS(message(at::Tensor(), rows({1}, 1)), "undefined");
  CHECK(message(rows({1, 2}, 2), rows({1, 2, 3, 1, -100, 0}, 2)) ==
        "Bleu: token -100 at [1, 1] of the references is negative, but no "
        "padding, 0, comes before it");
  CHECK_CONTAINS(message(rows({-1}, 1), rows({1}, 1)), "of the predictions");
  CHECK(metric.state() == before);
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { Bleu().update(rows({-1}, 1), rows({1}, 1)); }),
                 "but no padding was stated");
}

}  // namespace
