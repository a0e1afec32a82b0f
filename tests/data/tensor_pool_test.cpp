#include "thexp/data/tensor_pool.h"

#include "data_support.h"

namespace {

using thexp::TensorPool;

TEST_CASE("memory that nobody holds is used again") {
  TensorPool pool;
  at::Tensor tensor = pool.take({4, 3}, at::kFloat);
  CHECK(tensor.sizes() == at::IntArrayRef({4, 3}));
  CHECK(tensor.is_contiguous());
  CHECK(tensor.scalar_type() == at::kFloat);
  const void* memory = tensor.data_ptr();
  tensor = at::Tensor();
  CHECK(pool.take({4, 3}, at::kFloat).data_ptr() == memory);
  CHECK(pool.take({6, 2}, at::kInt).data_ptr() == memory);
}

TEST_CASE("memory that somebody holds is not used again") {
  TensorPool pool;
  const at::Tensor held = pool.take({4}, at::kLong);
  const at::Tensor view = pool.take({4}, at::kLong).slice(0, 1, 2);
  CHECK(held.data_ptr() != view.data_ptr());
  const at::Tensor other = pool.take({4}, at::kLong);
  CHECK(other.data_ptr() != held.data_ptr());
  CHECK(other.storage().data() != view.storage().data());
}

TEST_CASE("what was done to an old tensor does not show on a new one") {
  TensorPool pool;
  const void* memory = nullptr;
  {
    at::Tensor tensor = pool.take({2, 3}, at::kFloat);
    memory = tensor.data_ptr();
    tensor.t_();
    tensor.requires_grad_(true);
  }
  const at::Tensor tensor = pool.take({2, 3}, at::kFloat);
  CHECK(tensor.data_ptr() == memory);
  CHECK(tensor.sizes() == at::IntArrayRef({2, 3}));
  CHECK_FALSE(tensor.requires_grad());
}

TEST_CASE("an autograd graph keeps its memory") {
  TensorPool pool;
  const at::Tensor weight = at::ones({3}, at::kFloat).requires_grad_(true);
  at::Tensor loss;
  {
    at::Tensor input = pool.take({3}, at::kFloat);
    input.fill_(2);
    loss = (input * weight).sum();
  }
  pool.take({3}, at::kFloat).fill_(99);
  loss.backward();
  CHECK(at::equal(weight.grad(), at::full({3}, 2.0F)));
}

TEST_CASE("a tensor that was resized by its user does no harm") {
  TensorPool pool;
  pool.take({4}, at::kLong).resize_({100}).fill_(1);
  const at::Tensor tensor = pool.take({4}, at::kLong).fill_(7);
  CHECK(thexp_test::values(tensor) == std::vector<int64_t>{7, 7, 7, 7});
}

TEST_CASE("an empty tensor needs no memory") {
  TensorPool pool;
  CHECK(pool.take({0, 5}, at::kFloat).sizes() == at::IntArrayRef({0, 5}));
}

TEST_CASE("many held batches stay as they were") {
  TensorPool pool;
  std::vector<at::Tensor> held;
  for (int64_t i = 0; i < 300; ++i) {
    held.push_back(pool.take({8}, at::kLong).fill_(i));
  }
  for (int64_t i = 0; i < 300; ++i) {
    CHECK(thexp_test::values(held[i]) == std::vector<int64_t>(8, i));
  }
}

}  // namespace
