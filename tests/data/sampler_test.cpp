#include "thexp/data/sampler.h"

#include <algorithm>
#include <limits>
#include <set>

#include "data_support.h"
#include "thexp/base/error.h"

namespace {

using thexp_test::message_of;

std::vector<int64_t> order_of(const thexp::Sampler& sampler,
                              int64_t epoch,
                              int64_t first = 0) {
  std::vector<int64_t> out(static_cast<std::size_t>(sampler.size() - first));
  sampler.indices(epoch, first, sampler.size() - first, out.data());
  return out;
}

TEST_CASE("the sequential sampler counts up") {
  CHECK(order_of(thexp::SequentialSampler(4), 3) ==
        std::vector<int64_t>{0, 1, 2, 3});
}

TEST_CASE("the shuffled sampler has another order each epoch and seed") {
  const thexp::ShuffledSampler sampler(50, 1);
  std::vector<int64_t> first = order_of(sampler, 0);
  CHECK(first == order_of(sampler, 0));
  CHECK(first != order_of(sampler, 1));
  CHECK(first != order_of(thexp::ShuffledSampler(50, 2), 0));
  CHECK(order_of(sampler, 0, 20) ==
        std::vector<int64_t>(first.begin() + 20, first.end()));
  std::sort(first.begin(), first.end());
  CHECK(first == order_of(thexp::SequentialSampler(50), 0));
}

TEST_CASE("the subset sampler gives its indices, in order or shuffled") {
  CHECK(order_of(thexp::SubsetSampler({9, 4, 6}), 0) ==
        std::vector<int64_t>{9, 4, 6});
  const thexp::SubsetSampler shuffled({9, 4, 6, 1, 2, 3, 7, 8}, 5);
  CHECK(order_of(shuffled, 0) != order_of(shuffled, 1));
  const std::vector<int64_t> order = order_of(shuffled, 0);
  CHECK(std::set<int64_t>(order.begin(), order.end()) ==
        std::set<int64_t>{1, 2, 3, 4, 6, 7, 8, 9});
}

TEST_CASE("the weighted sampler draws in proportion") {
  const thexp::WeightedSampler sampler({1, 0, 3, 0}, 8000, 1);
  std::vector<int> counts(4);
  for (int64_t index : order_of(sampler, 0)) ++counts.at(index);
  CHECK(counts[1] == 0);
  CHECK(counts[3] == 0);
  CHECK(std::abs(counts[0] - 2000) < 200);
  CHECK(order_of(sampler, 0) == order_of(sampler, 0));
  CHECK(order_of(sampler, 0) != order_of(sampler, 1));
}

TEST_CASE("weights that make no sense are told") {
  using thexp::WeightedSampler;
  CHECK_CONTAINS(message_of<thexp::UsageError>([] {
                   WeightedSampler({1, -2}, 1, 0);
                 }),
                 "weight 1 is -2");
  CHECK_THROWS_AS(WeightedSampler({0, 0}, 1, 0), thexp::UsageError);
  CHECK_THROWS_AS(WeightedSampler({}, 1, 0), thexp::UsageError);
  CHECK_THROWS_AS(WeightedSampler({1}, -1, 0), thexp::UsageError);
}

std::vector<std::vector<int64_t>> shards(int64_t n,
                                         int64_t world,
                                         thexp::ShardRemainder remainder) {
  auto all = std::make_shared<thexp::SequentialSampler>(n);
  std::vector<std::vector<int64_t>> result;
  for (int64_t rank = 0; rank < world; ++rank) {
    result.push_back(
        order_of(thexp::ShardedSampler(all, rank, world, remainder), 0));
  }
  return result;
}

TEST_CASE("shards with a repeat are equally long") {
  using Lists = std::vector<std::vector<int64_t>>;
  CHECK(shards(5, 3, thexp::ShardRemainder::kRepeat) ==
        Lists{{0, 3}, {1, 4}, {2, 0}});
  CHECK(shards(1, 3, thexp::ShardRemainder::kRepeat) == Lists{{0}, {0}, {0}});
}

TEST_CASE("shards without a repeat have each position once") {
  using Lists = std::vector<std::vector<int64_t>>;
  CHECK(shards(5, 3, thexp::ShardRemainder::kKeep) ==
        Lists{{0, 3}, {1, 4}, {2}});
  CHECK(shards(1, 3, thexp::ShardRemainder::kKeep) == Lists{{0}, {}, {}});
}

TEST_CASE("a world of more ranks than examples leaves most without any") {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  auto all = std::make_shared<thexp::SequentialSampler>(4);
  using thexp::ShardedSampler;
  using thexp::ShardRemainder;
  CHECK(ShardedSampler(all, 3, kMost, ShardRemainder::kKeep).size() == 1);
  CHECK(ShardedSampler(all, 4, kMost, ShardRemainder::kKeep).size() == 0);
  CHECK(ShardedSampler(all, 4, kMost, ShardRemainder::kRepeat).size() == 1);
}

TEST_CASE("a rank outside the world is an error") {
  auto all = std::make_shared<thexp::SequentialSampler>(4);
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { thexp::ShardedSampler(all, 2, 2); }),
      "rank 2 of world 2");
}

TEST_CASE("each row reads on where it stopped in the batch before") {
  thexp::ContiguousSampler sampler(13, 2, 3);
  CHECK(sampler.size() == 4);
  CHECK(order_of(sampler, 0) == std::vector<int64_t>{0, 6, 3, 9});
  CHECK(order_of(sampler, 7) == order_of(sampler, 0));
  CHECK_THROWS_AS(thexp::ContiguousSampler(5, 2, 3), thexp::UsageError);
  CHECK_THROWS_AS(thexp::ContiguousSampler(5, 0, 3), thexp::UsageError);
}

}  // namespace
