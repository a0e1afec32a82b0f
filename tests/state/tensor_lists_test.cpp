#include "thexp/state/tensor_lists.h"

#include <torch/types.h>

#include <limits>

#include "catch.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("what is not finite on either side is copied, the rest averaged") {
  at::Tensor to = torch::tensor({1.0f, -kInf, kInf, 2.0f, kNan, 4.0f});
  at::Tensor from = torch::tensor({3.0f, -kInf, 5.0f, kInf, 1.0f, kNan});
  thexp::lerp_finite_each({to}, {from}, 0.5);
  CHECK(torch::equal(to.narrow(0, 0, 5),
                     torch::tensor({2.0f, -kInf, 5.0f, kInf, 1.0f})));
  CHECK(to[5].isnan().item<bool>());
}

TEST_CASE("averaging takes lists of one type and of several, any shapes") {
  std::vector<at::Tensor> to = {torch::zeros({2, 3}), torch::zeros({}),
                                torch::zeros({0}), torch::zeros({4}).t()};
  std::vector<at::Tensor> from;
  for (const at::Tensor& each : to) from.push_back(torch::ones_like(each));
  thexp::lerp_finite_each(to, from, 0.25);
  for (const at::Tensor& each : to) CHECK(each.eq(0.25).all().item<bool>());

  std::vector<at::Tensor> mixed = {torch::zeros({2}, torch::kDouble),
                                   torch::zeros({2}, torch::kHalf),
                                   torch::zeros({2}, torch::kComplexFloat)};
  from.clear();
  for (const at::Tensor& each : mixed) from.push_back(torch::ones_like(each));
  thexp::lerp_finite_each(mixed, from, 0.25);
  for (const at::Tensor& each : mixed) CHECK(each.eq(0.25).all().item<bool>());
  thexp::lerp_finite_each({}, {}, 0.25);
}

TEST_CASE("half precision is averaged on the CPU, rounded once") {
  for (at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    at::Tensor to = torch::full({3}, 0.1, type);
    at::Tensor from = torch::full({3}, 0.7, type);
    at::Tensor wanted =
        to.to(torch::kFloat).lerp(from.to(torch::kFloat), 0.001).to(type);
    thexp::lerp_each({to}, {from}, 0.001);
    CHECK(torch::equal(to, wanted));
  }
}

TEST_CASE("a list of several types is copied whole") {
  std::vector<at::Tensor> from = {
      torch::rand({2}), torch::tensor({3, 4}), torch::tensor({true}),
      torch::rand({3, 2}).t(), torch::rand({2}, torch::kDouble)};
  std::vector<at::Tensor> to;
  for (const at::Tensor& each : from) to.push_back(torch::zeros_like(each));
  thexp::copy_each(to, from);
  for (std::size_t i = 0; i < to.size(); ++i) {
    CHECK(torch::equal(to[i], from[i]));
  }
  thexp::copy_each({}, {});
}

TEST_CASE("an expanded tensor is seen with each element once") {
  at::Tensor expanded = torch::arange(3).unsqueeze(1).expand({3, 4});
  at::Tensor once = thexp::without_repeats(expanded);
  CHECK(once.sizes() == at::IntArrayRef({3, 1}));
  once.fill_(8);
  CHECK(expanded.eq(8).all().item<bool>());
  at::Tensor plain = torch::ones({2, 2});
  CHECK(thexp::without_repeats(plain).is_same(plain));
}

}  // namespace
