#include "thexp/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data_support.h"

namespace {

using thexp::Batch;
using thexp::Example;
using thexp_test::message_of;
using thexp_test::numbered;
using thexp_test::values;

class Squares : public thexp::ItemDataset {
 public:
  int64_t size() const override { return 10; }
  Example get_item(int64_t index) const override {
    if (index == 7) throw std::runtime_error("seven is broken");
    return {{at::full({2}, index * index, at::kFloat),
             at::scalar_tensor(index, at::kLong)}};
  }
};

TEST_CASE("a tensor dataset gathers rows of every element size") {
  const at::ScalarType type =
      GENERATE(at::kByte, at::kShort, at::kInt, at::kLong, at::kFloat,
               at::kDouble, at::kBool, at::kHalf);
  const at::Tensor flat = at::arange(6, at::kLong).to(type);
  const at::Tensor rows = at::arange(30, at::kLong).view({6, 5}).to(type);
  const thexp::TensorDataset dataset({flat, rows});
  const at::Tensor order = at::tensor({5, 0, 3, 3}, at::kLong);
  const Batch batch = dataset.get({5, 0, 3, 3});
  CHECK(batch.size() == 4);
  CHECK(at::equal(batch[0], flat.index_select(0, order)));
  CHECK(at::equal(batch[1], rows.index_select(0, order)));
}

TEST_CASE("long rows are gathered in full") {
  const at::Tensor rows = at::rand({7, 5000});
  const Batch batch = thexp::TensorDataset({rows}).get({6, 2, 4});
  CHECK(at::equal(batch[0],
                  rows.index_select(0, at::tensor({6, 2, 4}, at::kLong))));
}

TEST_CASE("a tensor dataset takes tensors that are not contiguous") {
  const at::Tensor rows = at::arange(12, at::kLong).view({3, 4}).t();
  const Batch batch = thexp::TensorDataset({rows}).get({3, 1});
  CHECK(values(batch[0]) == std::vector<int64_t>{3, 7, 11, 1, 5, 9});
}

TEST_CASE("a tensor dataset wants equally many rows, at least one tensor") {
  using thexp::TensorDataset;
  CHECK_CONTAINS(message_of<thexp::UsageError>([] {
                   TensorDataset({at::ones({3, 2}), at::ones({4})});
                 }),
                 "tensor 0 has 3, tensor 1 has 4");
  CHECK_THROWS_AS(TensorDataset(std::vector<at::Tensor>{}), thexp::UsageError);
  CHECK_THROWS_AS(TensorDataset({at::scalar_tensor(1)}), thexp::UsageError);
}

TEST_CASE("an index out of range is an error that names it") {
  CHECK_CONTAINS(
      message_of<thexp::DataError>([] {
        numbered(5)->get({1, 5});
      }),
      "index 5 is out of range: the dataset has 5 examples (0 to 4)");
  CHECK_THROWS_AS(numbered(5)->get({-1}), thexp::DataError);
  CHECK_CONTAINS(message_of<thexp::DataError>([] { numbered(0)->get({0}); }),
                 "the dataset is empty");
}

TEST_CASE("an item dataset is stacked") {
  const Batch batch = Squares().get({3, 1});
  CHECK(values(batch[0]) == std::vector<int64_t>{9, 9, 1, 1});
  CHECK(batch[0].sizes() == at::IntArrayRef({2, 2}));
  CHECK(values(batch[1]) == std::vector<int64_t>{3, 1});
}

TEST_CASE("an item's exception names the example and stays nested") {
  try {
    Squares().get({3, 7});
    FAIL("nothing was thrown");
  } catch (const thexp::DataError& error) {
    CHECK(error.what() ==
          std::string("cannot load example 7: seven is broken"));
    CHECK_THROWS_WITH(std::rethrow_if_nested(error), "seven is broken");
  }
}

TEST_CASE("examples that differ in shape, type or number are told apart") {
  const Example first({at::ones({2, 3})});
  CHECK_CONTAINS(
      message_of<thexp::DataError>([&] {
        thexp::stack_examples({first, Example({at::ones({2, 4})})});
      }),
      "tensor 0 of example 1 of the batch is Float[2, 4], the first example's "
      "is Float[2, 3]");
  CHECK_CONTAINS(
      message_of<thexp::DataError>([&] {
        thexp::stack_examples({first, Example({at::ones({2, 3}, at::kInt)})});
      }),
      "Int[2, 3]");
  CHECK_CONTAINS(message_of<thexp::DataError>([&] {
                   thexp::stack_examples({first, Example()});
                 }),
                 "example 1 of the batch has 0 tensors, the first has 1");
}

TEST_CASE("stacking takes strided tensors and keeps further values") {
  const Example strided({at::arange(6, at::kLong).view({2, 3}).t()}, 5);
  const Batch batch = thexp::stack_examples({strided, strided});
  CHECK(batch[0].sizes() == at::IntArrayRef({2, 3, 2}));
  CHECK(at::equal(batch[0][1], strided.tensors[0]));
  const auto& extras = batch.extra<std::vector<std::any>>();
  CHECK(std::any_cast<int>(extras.at(1)) == 5);
}

TEST_CASE("a subset maps its indices, also for single examples") {
  const thexp::Subset subset(numbered(10), {8, 2, 5});
  CHECK(subset.size() == 3);
  CHECK(values(subset.get({2, 0})[1]) == std::vector<int64_t>{5, 8});
  CHECK(values(subset.examples({1})[0].tensors[1]) == std::vector<int64_t>{2});
  CHECK_THROWS_AS(subset.get({3}), thexp::DataError);
  CHECK_THROWS_AS(thexp::Subset(numbered(3), {3}), thexp::DataError);
}

TEST_CASE("G10 split cuts by rate, each example on one side") {
  auto [first, second] = thexp::split(numbered(1003), 0.2, 7);
  CHECK(first->size() == 802);
  CHECK(second->size() == 201);
  std::set<int64_t> all;
  for (const auto& part : {first, second}) {
    const auto& indices =
        std::dynamic_pointer_cast<thexp::Subset>(part)->indices();
    CHECK(std::is_sorted(indices.begin(), indices.end()));
    all.insert(indices.begin(), indices.end());
  }
  CHECK(all.size() == 1003);
}

TEST_CASE("G10 split depends on the seed alone") {
  const auto indices = [](uint64_t seed) {
    auto second = thexp::split(numbered(100), 0.3, seed).second;
    return std::dynamic_pointer_cast<thexp::Subset>(second)->indices();
  };
  CHECK(indices(1) == indices(1));
  CHECK(indices(1) != indices(2));
}

TEST_CASE("G10 split at the limits") {
  CHECK(thexp::split(numbered(5), 0.0, 1).second->size() == 0);
  CHECK(thexp::split(numbered(5), 1.0, 1).first->size() == 0);
  const double bad = GENERATE(-0.1, 1.1, std::nan(""));
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { thexp::split(numbered(5), bad, 1); }),
      "must be in [0, 1]");
}

}  // namespace
