#include "thexp/data/bundler.h"

#include <algorithm>

#include "data_support.h"

namespace {

using thexp::Batch;
using thexp::cycle;
using thexp::DataBundler;
using thexp::LoaderOptions;
using thexp_test::joined;
using thexp_test::labels_of;
using thexp_test::message_of;
using thexp_test::one_by_one;
using thexp_test::values;
using Pairs = std::vector<std::pair<int64_t, int64_t>>;

Pairs pairs_of(thexp::BatchSource& zipped, int64_t epoch, int64_t first = 0) {
  Pairs result;
  for (const Batch& batch : zipped.epoch(epoch, first)) {
    result.emplace_back(values(batch.part("a")[0])[0],
                        values(batch.part("b")[0])[0]);
  }
  return result;
}

TEST_CASE("T17 a chain gives one source after another") {
  auto chain = DataBundler::chain(
      {{"a", one_by_one({1, 2, 3})}, {"b", one_by_one({9, 8})}});
  CHECK(chain->batches() == 5);
  CHECK(chain->examples() == 5);
  CHECK(joined(labels_of(*chain, 0)) == std::vector<int64_t>{1, 2, 3, 9, 8});
}

TEST_CASE("T17 a zip with a cycle repeats the shorter one") {
  auto zip = DataBundler::zip(
      {{"a", one_by_one({1, 2, 3})}, cycle("b", one_by_one({9, 8}))});
  CHECK(zip->batches() == 3);
  CHECK(zip->examples() == 3);
  CHECK(pairs_of(*zip, 0) == Pairs{{1, 9}, {2, 8}, {3, 9}});
}

TEST_CASE("T17 a zip without a cycle ends with the shortest") {
  auto zip = DataBundler::zip(
      {{"a", one_by_one({1, 2, 3})}, {"b", one_by_one({9, 8})}});
  CHECK(zip->batches() == 2);
  CHECK(pairs_of(*zip, 0) == Pairs{{1, 9}, {2, 8}});
}

TEST_CASE("T17 all cycled needs a length") {
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { DataBundler::zip({cycle("a", one_by_one({1}))}); }),
                 "all members of a zip are cycled: give a length");
  auto zip = DataBundler::zip(
      {cycle("a", one_by_one({1, 2})), cycle("b", one_by_one({7, 8, 9}))}, 5);
  CHECK(zip->batches() == 5);
  CHECK(pairs_of(*zip, 0) == Pairs{{1, 7}, {2, 8}, {1, 9}, {2, 7}, {1, 8}});
}

TEST_CASE("T17 a length cuts, and does not stretch") {
  auto a = one_by_one({1, 2, 3});
  CHECK(DataBundler::chain({{"a", a}}, 2)->batches() == 2);
  CHECK(DataBundler::chain({{"a", a}}, 9)->batches() == 3);
  CHECK(joined(labels_of(*DataBundler::chain({{"a", a}}, 2), 0)) ==
        std::vector<int64_t>{1, 2});
  CHECK(joined(labels_of(*DataBundler::chain({{"a", a}}, 9), 0)) ==
        std::vector<int64_t>{1, 2, 3});
}

TEST_CASE("T17 a chain may end in a cycle when it has a length") {
  auto chain = DataBundler::chain(
      {{"a", one_by_one({1})}, cycle("b", one_by_one({5, 6}))}, 6);
  CHECK(chain->batches() == 6);
  CHECK(chain->examples() == 6);
  CHECK(joined(labels_of(*chain, 0)) == std::vector<int64_t>{1, 5, 6, 5, 6, 5});
  CHECK(joined(labels_of(*chain, 0, 4)) == std::vector<int64_t>{6, 5});
}

TEST_CASE("T17 a cycled member has another order in each pass") {
  std::vector<int64_t> numbers(20);
  for (int64_t i = 0; i < 20; ++i) numbers[i] = i;
  auto chain = DataBundler::chain(
      {cycle("b", one_by_one(numbers, LoaderOptions().shuffle(true)))}, 60);
  const std::vector<int64_t> seen = joined(labels_of(*chain, 4));
  std::vector<int64_t> passes[3];
  for (int i = 0; i < 3; ++i) {
    passes[i].assign(seen.begin() + 20 * i, seen.begin() + 20 * (i + 1));
  }
  CHECK(passes[0] != passes[1]);
  CHECK(passes[1] != passes[2]);
  for (auto& pass : passes) {
    std::sort(pass.begin(), pass.end());
    CHECK(pass == numbers);
  }
  CHECK(joined(labels_of(*chain, 4)) == seen);
  CHECK(joined(labels_of(*chain, 5)) != seen);
}

TEST_CASE("T17 bundlers nest") {
  auto inner = DataBundler::zip(
      {{"a", one_by_one({1, 2, 3})}, cycle("b", one_by_one({9, 8}))});
  auto outer = DataBundler::chain({{"first", inner}, {"second", inner}});
  CHECK(outer->batches() == 6);
  CHECK(pairs_of(*outer, 0) ==
        Pairs{{1, 9}, {2, 8}, {3, 9}, {1, 9}, {2, 8}, {3, 9}});
  auto zip = DataBundler::zip({{"x", inner}, {"y", one_by_one({4})}});
  for (const Batch& batch : zip->epoch(0)) {
    CHECK(values(batch.part("x").part("b")[0]) == std::vector<int64_t>{9});
  }
}

TEST_CASE("T17 a bundle resumes at any batch, with workers too") {
  const int64_t workers = GENERATE(0, 2);
  const auto options = LoaderOptions().shuffle(true).workers(workers);
  auto zip = DataBundler::zip({{"a", one_by_one({1, 2, 3, 4, 5, 6}, options)},
                               cycle("b", one_by_one({7, 8, 9}, options))});
  auto chain = DataBundler::chain({{"a", one_by_one({1, 2}, options)},
                                   {"none", one_by_one({})},
                                   {"b", one_by_one({7, 8, 9}, options)}});
  const Pairs pairs = pairs_of(*zip, 3);
  const auto chained = labels_of(*chain, 3);
  CHECK(pairs.size() == 6);
  CHECK(chained.size() == 5);
  for (int64_t first = 0; first <= 6; ++first) {
    CHECK(pairs_of(*zip, 3, first) ==
          Pairs(pairs.begin() + first, pairs.end()));
    const auto from = chained.begin() + std::min<int64_t>(first, 5);
    CHECK(labels_of(*chain, 3, first) ==
          std::vector<std::vector<int64_t>>(from, chained.end()));
  }
}

TEST_CASE("T17 sizes of a bundle's batches") {
  const auto loader = [](int64_t n, int64_t batch_size) {
    return std::make_shared<thexp::DataLoader>(
        thexp_test::numbered(n), LoaderOptions().batch_size(batch_size));
  };
  auto chain = DataBundler::chain({{"a", loader(5, 2)}, {"b", loader(7, 4)}});
  const std::vector<int64_t> expected{2, 2, 1, 4, 3};
  std::vector<int64_t> sizes;
  for (const Batch& batch : chain->epoch(0)) sizes.push_back(batch.size());
  CHECK(sizes == expected);
  for (int64_t i = 0; i < 5; ++i) CHECK(chain->batch_size_at(i) == expected[i]);
  CHECK(chain->examples() == 12);
  CHECK_THROWS_AS(chain->batch_size_at(5), thexp::UsageError);

  auto zip = DataBundler::zip({cycle("a", loader(5, 2)), {"b", loader(9, 2)}});
  CHECK(zip->batches() == 5);
  CHECK(zip->examples() == 9);  // those of the first part: 2 2 1 2 2
  CHECK(zip->batch_size_at(2) == 1);
  CHECK(zip->batch_size_at(4) == 2);
}

// A source that does not know how long it is.
class Unknown : public thexp::BatchSource {
 public:
  explicit Unknown(std::vector<int64_t> numbers)
      : source_(one_by_one(std::move(numbers))) {}
  std::unique_ptr<thexp::BatchStream> stream(int64_t epoch,
                                             int64_t first) override {
    return source_->stream(epoch, first);
  }
  std::optional<int64_t> batches() const override { return std::nullopt; }
  std::optional<int64_t> examples() const override { return std::nullopt; }
  int64_t batch_size_at(int64_t) const override { return 1; }

 private:
  std::shared_ptr<thexp::DataLoader> source_;
};

TEST_CASE("T17 sources of unknown length can be bundled and resumed") {
  auto unknown = std::make_shared<Unknown>(std::vector<int64_t>{1, 2, 3});
  auto chain = DataBundler::chain({{"a", unknown}, {"b", one_by_one({9, 8})}});
  CHECK_FALSE(chain->batches());
  CHECK_FALSE(chain->examples());
  CHECK(joined(labels_of(*chain, 0)) == std::vector<int64_t>{1, 2, 3, 9, 8});
  CHECK(joined(labels_of(*chain, 0, 4)) == std::vector<int64_t>{8});
  auto cut =
      DataBundler::chain({{"a", unknown}, cycle("b", one_by_one({9, 8}))}, 4);
  CHECK(cut->batches() == 4);
  CHECK_FALSE(cut->examples());
  auto zip =
      DataBundler::zip({{"a", one_by_one({5, 6, 7, 8})}, cycle("b", unknown)});
  CHECK(zip->batches() == 4);
  CHECK(pairs_of(*zip, 0, 2) == Pairs{{7, 3}, {8, 1}});
  auto limited = DataBundler::zip({{"a", unknown}, {"b", unknown}}, 2);
  CHECK(pairs_of(*limited, 0) == Pairs{{1, 1}, {2, 2}});
}

TEST_CASE("T17 a cycled source that gives nothing is an error") {
  auto nothing = std::make_shared<Unknown>(std::vector<int64_t>{});
  auto zip = DataBundler::zip({{"a", one_by_one({5})}, cycle("b", nothing)});
  CHECK_CONTAINS(message_of<thexp::DataError>([&] { pairs_of(*zip, 0); }),
                 "the cycled member 'b' of a DataBundler gives no batches");
}

TEST_CASE("T17 bundles that make no sense are told") {
  auto a = one_by_one({1});
  auto empty = one_by_one({});
  const auto zip_fails = [](std::vector<thexp::BundleMember> members) {
    return message_of<thexp::UsageError>([&] { DataBundler::zip(members); });
  };
  CHECK_CONTAINS(zip_fails({}), "at least one member");
  CHECK_CONTAINS(zip_fails({{"a", a}, {"a", a}}), "two members are called 'a'");
  CHECK_CONTAINS(zip_fails({{"a", nullptr}}), "'a' is null");
  CHECK_CONTAINS(zip_fails({{"a", a}, cycle("b", empty)}),
                 "'b' is cycled, but has no batches");
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] {
                   DataBundler::chain({cycle("a", a), {"b", a}});
                 }),
                 "only the last member of a chain can be cycled");
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [&] { DataBundler::chain({cycle("a", a)}); }),
                 "it never ends");
  CHECK_THROWS_AS(DataBundler::zip({{"a", a}}, -1), thexp::UsageError);
  CHECK_THROWS_AS(DataBundler::zip({{"a", a}})->stream(0, -1),
                  thexp::UsageError);
}

class Broken : public thexp::Dataset {
 public:
  int64_t size() const override { return 3; }
  Batch get(at::IntArrayRef indices) const override {
    if (indices[0] == 1) throw std::runtime_error("broken");
    return Batch({at::tensor(indices, at::kLong)});
  }
};

TEST_CASE("T17 after an error the parts of a zip still belong together") {
  auto broken = std::make_shared<thexp::DataLoader>(
      std::make_shared<Broken>(), LoaderOptions().batch_size(1));
  auto zip = DataBundler::zip({{"a", broken}, {"b", one_by_one({10, 11, 12})}});
  auto stream = zip->stream(0);
  Batch batch;
  CHECK(stream->next(batch));
  CHECK_THROWS_AS(stream->next(batch), thexp::DataError);
  CHECK(stream->next(batch));
  CHECK(values(batch.part("a")[0]) == std::vector<int64_t>{2});
  CHECK(values(batch.part("b")[0]) == std::vector<int64_t>{12});
}

}  // namespace
