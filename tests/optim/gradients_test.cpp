#include "thexp/optim/gradients.h"

#include <torch/types.h>
// Needs torch/types.h before it.
#include <torch/nn/utils/clip_grad.h>

#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

std::vector<at::Tensor> parameters(std::vector<std::vector<float>> gradients) {
  std::vector<at::Tensor> all;
  for (const auto& gradient : gradients) {
    auto parameter = torch::zeros(static_cast<int64_t>(gradient.size()));
    parameter.requires_grad_();
    parameter.mutable_grad() = torch::tensor(gradient);
    all.push_back(parameter);
  }
  return all;
}

TEST_CASE("the norm is of all gradients together") {
  auto all = parameters({{3}, {0, 4}});
  all.push_back(torch::zeros(3));  // has no gradient
  CHECK(thexp::gradient_norm(all).item<double>() == Approx(5));
  CHECK(thexp::gradient_norm({}).item<double>() == 0);
}

TEST_CASE("clipping equals LibTorch's clip_grad_norm_") {
  auto ours = parameters({{3, -1}, {0.5, 4}});
  auto theirs = parameters({{3, -1}, {0.5, 4}});
  double norm = thexp::clip_gradient_norm(ours, 1.5).item<double>();
  CHECK(norm == Approx(torch::nn::utils::clip_grad_norm_(theirs, 1.5)));
  for (std::size_t i = 0; i < ours.size(); ++i) {
    CHECK(torch::allclose(ours[i].grad(), theirs[i].grad()));
  }
}

TEST_CASE("gradients below the limit are left alone") {
  auto all = parameters({{3}, {4}});
  thexp::clip_gradient_norm(all, 6);
  CHECK(all[1].grad().item<float>() == 4);
}

TEST_CASE("a norm that is not finite shows in every gradient") {
  auto all = parameters({{std::numeric_limits<float>::quiet_NaN()}, {4}});
  thexp::clip_gradient_norm(all, 1);
  CHECK(all[1].grad().isnan().item<bool>());
}

TEST_CASE("a norm that overflows shows, too") {
  auto all = parameters({{3e38f, 3e38f}, {3}});
  thexp::clip_gradient_norm(all, 1);
  CHECK(all[1].grad().isnan().item<bool>());
}

TEST_CASE("values are clamped one by one") {
  auto all = parameters({{3, -7, 0.5}});
  thexp::clip_gradient_value(all, 2);
  CHECK(torch::equal(all[0].grad(), torch::tensor({2.0f, -2.0f, 0.5f})));
}

TEST_CASE("a limit that is not positive is refused") {
  CHECK_THROWS_AS(thexp::clip_gradient_norm({}, 0), thexp::UsageError);
  CHECK_THROWS_AS(thexp::clip_gradient_value({}, -1), thexp::UsageError);
}

// Row 1 comes twice: its gradient is the sum.
at::Tensor with_sparse_gradient() {
  at::Tensor parameter = torch::zeros({3, 1}, torch::requires_grad());
  parameter.mutable_grad() = torch::sparse_coo_tensor(
      torch::tensor({1, 1, 2}).unsqueeze(0),
      torch::tensor({1.0f, 2.0f, 4.0f}).unsqueeze(1), {3, 1});
  return parameter;
}

TEST_CASE("a sparse gradient counts with the sums of its rows") {
  CHECK(thexp::gradient_norm({with_sparse_gradient()}).item<double>() ==
        Approx(5));
  at::Tensor parameter = with_sparse_gradient();
  thexp::clip_gradient_norm({parameter}, 1);
  CHECK(torch::allclose(parameter.grad().to_dense(),
                        torch::tensor({0.0f, 0.6f, 0.8f}).unsqueeze(1)));
  parameter = with_sparse_gradient();
  thexp::clip_gradient_value({parameter}, 2);
  CHECK(torch::equal(parameter.grad().to_dense(),
                     torch::tensor({0.0f, 2.0f, 2.0f}).unsqueeze(1)));
}

}  // namespace
