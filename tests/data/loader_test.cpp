#include "thexp/data/loader.h"

#include <ATen/ops/rand.h>

#include <algorithm>
#include <limits>

#include "data_support.h"

namespace {

using thexp::Batch;
using thexp::DataLoader;
using thexp::LoaderOptions;
using thexp_test::joined;
using thexp_test::labels_of;
using thexp_test::message_of;
using thexp_test::numbered;
using thexp_test::values;
using Lists = std::vector<std::vector<int64_t>>;

TEST_CASE("a loader goes through its dataset in batches") {
  DataLoader loader(numbered(7), LoaderOptions().batch_size(3));
  CHECK(labels_of(loader, 0) == Lists{{0, 1, 2}, {3, 4, 5}, {6}});
  CHECK(loader.batches() == 3);
  CHECK(loader.examples() == 7);
  CHECK(loader.batch_size_at(1) == 3);
  CHECK(loader.batch_size_at(2) == 1);
  CHECK_THROWS_AS(loader.batch_size_at(3), thexp::UsageError);
}

TEST_CASE("drop_last leaves out a batch that is not full") {
  DataLoader loader(numbered(7), LoaderOptions().batch_size(3).drop_last(true));
  CHECK(labels_of(loader, 0) == Lists{{0, 1, 2}, {3, 4, 5}});
  CHECK(loader.batches() == 2);
  CHECK(loader.examples() == 6);
}

TEST_CASE("a batch size without end takes all examples at once") {
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  for (int workers : {0, 1}) {
    DataLoader loader(numbered(7),
                      LoaderOptions().batch_size(kAll).workers(workers));
    CHECK(loader.batches() == 1);
    CHECK(loader.examples() == 7);
    CHECK(labels_of(loader, 0) == Lists{{0, 1, 2, 3, 4, 5, 6}});
  }
  DataLoader none(numbered(7),
                  LoaderOptions().batch_size(kAll).drop_last(true));
  CHECK(none.batches() == 0);
  CHECK(none.examples() == 0);
}

TEST_CASE("an empty dataset has no batches") {
  DataLoader loader(numbered(0), LoaderOptions().shuffle(true));
  CHECK(labels_of(loader, 0).empty());
  CHECK(loader.batches() == 0);
}

TEST_CASE("images and labels stay together under shuffling") {
  DataLoader loader(numbered(100), LoaderOptions().shuffle(true));
  for (const Batch& batch : loader.epoch(1)) {
    const auto [images, labels] = batch.as<2>();
    CHECK(at::equal(images.select(1, 0).to(at::kLong), labels * 10));
  }
}

TEST_CASE("each epoch and seed has its own order of the same examples") {
  const auto order = [](uint64_t seed, int64_t epoch) {
    DataLoader loader(numbered(100), LoaderOptions().shuffle(true).seed(seed));
    return joined(labels_of(loader, epoch));
  };
  std::vector<int64_t> first = order(1, 0);
  CHECK(first == order(1, 0));
  CHECK(first != order(1, 1));
  CHECK(first != order(2, 0));
  std::sort(first.begin(), first.end());
  for (int64_t i = 0; i < 100; ++i) CHECK(first[i] == i);
}

TEST_CASE("LibTorch's random numbers and the order do not touch") {
  DataLoader loader(numbered(64), LoaderOptions().shuffle(true));
  const Lists expected = labels_of(loader, 0);
  at::manual_seed(3);
  const at::Tensor drawn = at::rand({4});
  at::manual_seed(3);
  Lists seen;
  for (const Batch& batch : loader.epoch(0)) {
    seen.push_back(values(batch[1]));
  }
  CHECK(at::equal(at::rand({4}), drawn));
  CHECK(seen == expected);
}

TEST_CASE("a stream from the middle is the tail of the whole epoch") {
  const int64_t workers = GENERATE(0, 2);
  DataLoader loader(
      numbered(50),
      LoaderOptions().batch_size(4).shuffle(true).workers(workers));
  const Lists whole = labels_of(loader, 2);
  for (int64_t first = 0; first <= 13; ++first) {
    CHECK(labels_of(loader, 2, first) ==
          Lists(whole.begin() + first, whole.end()));
  }
  CHECK(labels_of(loader, 2, 99).empty());
}

TEST_CASE("batches that are kept are not overwritten") {
  const int64_t workers = GENERATE(0, 1, 3);
  DataLoader loader(numbered(40),
                    LoaderOptions().batch_size(4).workers(workers));
  std::vector<Batch> kept;
  std::vector<at::Tensor> views;
  for (const Batch& batch : loader.epoch(0)) {
    if (kept.size() < 5) kept.push_back(batch);
    views.push_back(batch[0].select(1, 0));
  }
  for (int64_t i = 0; i < 10; ++i) {
    if (i < 5) {
      CHECK(values(kept[i][1]) ==
            std::vector<int64_t>{4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3});
    }
    CHECK(values(views[i])[3] == 10 * (4 * i + 3));
  }
}

TEST_CASE("the memory of a batch that is let go serves the next") {
  DataLoader loader(numbered(40), LoaderOptions().batch_size(4));
  std::vector<const void*> memory;
  for (const Batch& batch : loader.epoch(0)) {
    memory.push_back(batch[0].data_ptr());
  }
  CHECK(std::count(memory.begin(), memory.end(), memory[0]) == 10);
}

TEST_CASE("two streams of one loader do not disturb each other") {
  const int64_t workers = GENERATE(0, 2);
  DataLoader loader(numbered(6),
                    LoaderOptions().batch_size(2).workers(workers));
  auto a = loader.stream(0);
  auto b = loader.stream(0, 1);
  Batch from_a, from_b;
  CHECK(a->next(from_a));
  CHECK(b->next(from_b));
  CHECK(values(from_a[1]) == std::vector<int64_t>{0, 1});
  CHECK(values(from_b[1]) == std::vector<int64_t>{2, 3});
  CHECK(a->next(from_a));
  CHECK(values(from_a[1]) == std::vector<int64_t>{2, 3});
}

TEST_CASE("a stream outlives its loader") {
  const int64_t workers = GENERATE(0, 2);
  auto loader = std::make_unique<DataLoader>(
      numbered(6), LoaderOptions().batch_size(3).workers(workers));
  auto stream = loader->stream(0);
  loader.reset();
  Batch batch;
  CHECK(stream->next(batch));
  CHECK(stream->next(batch));
  CHECK(values(batch[1]) == std::vector<int64_t>{3, 4, 5});
  CHECK_FALSE(stream->next(batch));
  CHECK_FALSE(stream->next(batch));
  CHECK(batch.tensors() == 0);
}

class Words : public thexp::ItemDataset {
 public:
  int64_t size() const override { return 4; }
  thexp::Example get_item(int64_t index) const override {
    return {{at::arange(index + 1, at::kLong)}, std::string(index, 'x')};
  }
};

TEST_CASE("a collate function makes batches of uneven examples") {
  auto pad = [](std::vector<thexp::Example> examples) {
    at::Tensor padded =
        at::full({static_cast<int64_t>(examples.size()), 4}, -1, at::kLong);
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const at::Tensor& row = examples[i].tensors[0];
      padded[static_cast<int64_t>(i)].slice(0, 0, row.size(0)).copy_(row);
    }
    Batch batch({padded});
    batch.set_extra(examples.size());
    return batch;
  };
  DataLoader loader(std::make_shared<Words>(),
                    LoaderOptions().batch_size(2).collate(pad));
  CHECK(labels_of(loader, 0) ==
        Lists{{0, -1, -1, -1, 0, 1, -1, -1}, {0, 1, 2, -1, 0, 1, 2, 3}});
  for (const Batch& batch : loader.epoch(0)) {
    CHECK(batch.extra<std::size_t>() == 2);
  }
}

TEST_CASE("uneven examples without a collate function are an error") {
  DataLoader loader(std::make_shared<Words>(), LoaderOptions().batch_size(2));
  CHECK_CONTAINS(
      message_of<thexp::DataError>([&] { labels_of(loader, 0); }),
      "cannot load batch 0 of epoch 0 (examples 0, 1): cannot stack: tensor 0 "
      "of example 1 of the batch is Long[2], the first example's is Long[1]");
}

TEST_CASE("a sampler replaces the order, a shard takes a part of it") {
  auto sampler = std::make_shared<thexp::SubsetSampler>(
      std::vector<int64_t>{9, 7, 5, 3, 1});
  DataLoader loader(numbered(10),
                    LoaderOptions().batch_size(2).sampler(sampler));
  CHECK(labels_of(loader, 0) == Lists{{9, 7}, {5, 3}, {1}});
  DataLoader shard(numbered(10),
                   LoaderOptions().batch_size(2).sampler(sampler).shard(1, 2));
  CHECK(labels_of(shard, 0) == Lists{{7, 3}, {9}});
  CHECK(shard.examples() == 3);
}

TEST_CASE("the ranks' batches are together the batches of one process") {
  const auto options = LoaderOptions().shuffle(true).seed(4);
  DataLoader alone(numbered(24), LoaderOptions(options).batch_size(6));
  Lists together(4);
  for (int64_t rank = 0; rank < 2; ++rank) {
    DataLoader part(numbered(24),
                    LoaderOptions(options).batch_size(3).shard(rank, 2));
    const Lists lists = labels_of(part, 3);
    for (std::size_t i = 0; i < 4; ++i) {
      together[i].insert(together[i].end(), lists[i].begin(), lists[i].end());
    }
  }
  Lists expected = labels_of(alone, 3);
  for (auto* lists : {&together, &expected}) {
    for (auto& list : *lists) std::sort(list.begin(), list.end());
  }
  CHECK(together == expected);
}

TEST_CASE("options out of range are told") {
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([] { LoaderOptions().batch_size(0); }),
      "batch_size(0) must be at least 1");
  CHECK_THROWS_AS(LoaderOptions().workers(-1), thexp::UsageError);
  CHECK_THROWS_AS(LoaderOptions().prefetch(0), thexp::UsageError);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([] { LoaderOptions().prefetch(kMost); }),
      "prefetch(9223372036854775807) must be at most 65536");
  CHECK_THROWS_AS(LoaderOptions().workers(kMost), thexp::UsageError);
  CHECK_THROWS_AS(DataLoader(nullptr), thexp::UsageError);
  CHECK_THROWS_AS(DataLoader(numbered(4), LoaderOptions().shard(2, 2)),
                  thexp::UsageError);
  auto sampler = std::make_shared<thexp::SequentialSampler>(4);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] {
                   DataLoader(numbered(4),
                              LoaderOptions().shuffle(true).sampler(sampler));
                 }),
                 "exclude each other");
  DataLoader loader(numbered(4));
  CHECK_THROWS_AS(loader.stream(-1), thexp::UsageError);
  CHECK_THROWS_AS(loader.stream(0, -1), thexp::UsageError);
}

TEST_CASE("a sampler's index outside the dataset is an error") {
  auto sampler =
      std::make_shared<thexp::SubsetSampler>(std::vector<int64_t>{1, 12});
  DataLoader loader(numbered(10), LoaderOptions().sampler(sampler));
  CHECK_CONTAINS(message_of<thexp::DataError>([&] { labels_of(loader, 0); }),
                 "index 12 is out of range");
}

TEST_CASE("the options can be asked for, a seed that was not given too") {
  DataLoader loader(numbered(4), LoaderOptions().batch_size(2));
  CHECK(loader.options().batch_size() == 2);
  CHECK_FALSE(loader.options().has_seed());
  CHECK(loader.options().seed() == 0);
  CHECK(LoaderOptions().seed(5).has_seed());
  CHECK(loader.dataset().size() == 4);
  CHECK(loader.sampler().size() == 4);
}

// Pinning looks at each tensor's device and layout.
TEST_CASE("a batch may hold undefined and sparse tensors, pinned or not") {
  auto collate = [](std::vector<thexp::Example> examples) {
    at::Tensor row = at::stack({examples[0].tensors[0]});
    return Batch({row, at::Tensor(), row.to_sparse()});
  };
  for (bool pin : {false, true}) {
    DataLoader loader(
        numbered(2),
        LoaderOptions().batch_size(1).pin_memory(pin).collate(collate));
    for (const Batch& batch : loader.epoch(0)) {
      CHECK(batch[0].is_pinned() == (pin && at::hasCUDA()));
      CHECK_FALSE(batch[1].defined());
      CHECK(batch[2].is_sparse());
      CHECK_FALSE(batch.to(at::kCPU, /*non_blocking=*/true)[1].defined());
    }
  }
}

TEST_CASE("a loader pins only where it is told to") {
  for (const Batch& batch : DataLoader(numbered(4)).epoch(0)) {
    CHECK_FALSE(batch[0].is_pinned());
  }
}

}  // namespace
