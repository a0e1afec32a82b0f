#include "on_device.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "bleu_counts.h"
#include "catch.h"

// What metrics compute on a device, here on the CPU: the same operations.

namespace {

using thexp::detail::confusion_cells;
using thexp::detail::correct_on_device;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

at::Tensor ints(std::vector<int64_t> values) {
  return at::tensor(values, at::kLong);
}

std::vector<int64_t> items(const at::Tensor& tensor) {
  const int64_t* data = tensor.data_ptr<int64_t>();
  return {data, data + tensor.numel()};
}

double correct(const at::Tensor& logits, const at::Tensor& labels, int64_t k) {
  at::Tensor count = correct_on_device(logits, labels, k);
  CHECK(count.scalar_type() == at::kDouble);
  CHECK(count.dim() == 0);
  return count.item<double>();
}

TEST_CASE("T22 a device counts correct rows as the CPU does") {
  at::Tensor same = at::tensor({5, 4, 3, 2}, at::kFloat).repeat({4, 1});
  at::Tensor equal = at::zeros({3, 3});
  at::Tensor mixed = at::tensor({1.0f, kNan, 0.0f}).repeat({2, 1});
  for (int64_t k = 1; k <= 3; ++k) {
    CHECK(correct(same, at::arange(4), k) == k);
    CHECK(correct(equal, at::arange(3), k) == k);
    CHECK(correct(at::full({2, 3}, kNan), ints({0, 1}), k) == 0);
  }
  CHECK(correct(mixed, ints({0, 1}), 1) == 0);
  CHECK(correct(mixed, ints({0, 1}), 2) == 1);
}

TEST_CASE("a label out of range on a device makes the count NaN") {
  at::Tensor logits = at::zeros({2, 3});
  for (int64_t k = 1; k <= 3; ++k) {
    CHECK(std::isnan(correct(logits, ints({0, 3}), k)));
    CHECK(std::isnan(correct(logits, ints({-100, 0}), k)));
  }
}

TEST_CASE("a device counts what is out of range apart") {
  at::Tensor logits = at::eye(3);
  CHECK(items(confusion_cells(logits, ints({0, 2, 3}), 3)) ==
        std::vector<int64_t>{0, 9, 12});
  CHECK(items(confusion_cells(ints({3, 0, -1, 2}), ints({0, 1, 1, -1}), 3)) ==
        std::vector<int64_t>{12, 4, 12, 12});
}

TEST_CASE("a row of NaN logits on a device predicts no class") {
  at::Tensor logits = at::full({2, 3}, kNan);
  logits[0][0] = 5;
  CHECK(items(confusion_cells(logits, ints({0, 2}), 3)) ==
        std::vector<int64_t>{3, 11});
}

TEST_CASE("a device marks binary labels that are out of range") {
  at::Tensor found =
      thexp::detail::binary_labels(ints({0, 1, 2, -1, 256, 257}));
  CHECK(found.scalar_type() == at::kByte);
  CHECK(items(found.to(at::kLong)) == std::vector<int64_t>{0, 1, 2, 2, 2, 2});
  CHECK(items(thexp::detail::binary_labels(ints({1, 0}).to(at::kBool))
                  .to(at::kLong)) == std::vector<int64_t>{1, 0});
}

TEST_CASE("a device takes the moments of targets, far from 0 too") {
  at::Tensor targets = at::tensor({1e9 + 1, 1e9 + 2, 1e9 + 6}, at::kDouble);
  auto [mean, deviations, errors] =
      thexp::detail::target_moments(targets + 0.5, targets);
  CHECK(mean.item<double>() == 1e9 + 3);
  CHECK(deviations.item<double>() == 14);
  CHECK(errors.item<double>() == 0.75);
  at::Tensor same = at::full({7, 3}, 0.1, at::kDouble);
  CHECK(thexp::detail::target_moments(same, same).deviations.item<double>() ==
        0);
}

TEST_CASE("a device counts negative tokens apart") {
  at::Tensor tokens = at::tensor({5, -1, 0, -1, -2, 3}, at::kLong).view({2, 3});
  at::Tensor counts = thexp::detail::bleu_counts(tokens, tokens, 0, 4);
  CHECK(items(counts) == std::vector<int64_t>{5, 3, 1, 0, 5, 3, 1, 0, 5, 2, 6});
}

}  // namespace
