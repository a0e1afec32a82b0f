#include <ATen/core/grad_mode.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "data_support.h"

namespace {

using thexp::Batch;
using thexp::DataLoader;
using thexp::LoaderOptions;
using thexp_test::joined;
using thexp_test::labels_of;
using thexp_test::numbered;
using thexp_test::values;

// Noise from the sample's own random numbers, so that any mix-up shows.
Batch add_noise(Batch batch, const thexp::BatchContext& context) {
  auto* images = static_cast<float*>(batch[0].data_ptr());
  for (int64_t i = 0; i < batch.size(); ++i) {
    thexp::RandomStream random = context.random(i);
    for (int64_t j = 0; j < 3; ++j) {
      images[3 * i + j] += static_cast<float>(random.normal());
    }
  }
  return batch;
}

at::Tensor whole_epoch(DataLoader& loader, int64_t epoch) {
  std::vector<at::Tensor> images;
  for (const Batch& batch : loader.epoch(epoch)) {
    images.push_back(batch[0].clone());
  }
  return at::cat(images);
}

TEST_CASE("batches are bit-equal for any number of workers") {
  const auto options =
      LoaderOptions().batch_size(7).shuffle(true).seed(3).transform(add_noise);
  DataLoader alone(numbered(500), LoaderOptions(options).workers(0));
  const at::Tensor expected = whole_epoch(alone, 1);
  for (int64_t workers : {1, 2, 4}) {
    DataLoader loader(numbered(500), LoaderOptions(options).workers(workers));
    CHECK(at::equal(whole_epoch(loader, 1), expected));
    CHECK_FALSE(at::equal(whole_epoch(loader, 2), expected));
  }
}

TEST_CASE("a sample's noise depends on the epoch, not on its batch") {
  const auto noisy = [](int64_t batch_size, int64_t epoch) {
    DataLoader loader(
        numbered(20),
        LoaderOptions().batch_size(batch_size).transform(add_noise));
    return whole_epoch(loader, epoch);
  };
  CHECK(at::equal(noisy(3, 0), noisy(8, 0)));
  CHECK_FALSE(at::equal(noisy(3, 0), noisy(3, 1)));
}

TEST_CASE("a transform knows where it is") {
  std::vector<int64_t> seen;
  auto look = [&](Batch batch, const thexp::BatchContext& context) {
    seen = {context.epoch(), context.batch_index()};
    CHECK(context.samples().vec() == values(batch[1]));
    CHECK_THROWS_AS(context.random(2), thexp::UsageError);
    CHECK_FALSE(at::GradMode::is_enabled());
    return batch;
  };
  DataLoader loader(
      numbered(8), LoaderOptions().batch_size(2).shuffle(true).transform(look));
  labels_of(loader, 5, 3);
  CHECK(seen == std::vector<int64_t>{5, 3});
}

TEST_CASE("leaving the loop early is safe, and the next epoch is whole") {
  DataLoader loader(numbered(200),
                    LoaderOptions().batch_size(2).shuffle(true).workers(3));
  const auto expected = labels_of(loader, 0);
  for (int64_t leave : {0, 1, 5, 50, 99}) {
    int64_t seen = 0;
    for (const Batch& batch : loader.epoch(0)) {
      CHECK(values(batch[1]) == expected[seen]);
      if (seen++ == leave) break;
    }
    CHECK(labels_of(loader, 0) == expected);
  }
  loader.stream(0);  // not even one batch
  CHECK(labels_of(loader, 0) == expected);
}

class Flaky : public thexp::ItemDataset {
 public:
  int64_t size() const override { return 20; }
  thexp::Example get_item(int64_t index) const override {
    if (broken && index == 13) throw std::runtime_error("no such picture");
    return {{at::full({1}, index, at::kLong)}};
  }
  std::atomic<bool> broken{true};
};

TEST_CASE("a worker's exception comes at its batch's turn, with the index") {
  const int64_t workers = GENERATE(0, 1, 4);
  auto dataset = std::make_shared<Flaky>();
  DataLoader loader(dataset, LoaderOptions().batch_size(4).workers(workers));
  auto stream = loader.stream(2);
  Batch batch;
  for (int64_t i = 0; i < 3; ++i) {
    REQUIRE(stream->next(batch));
    CHECK(values(batch[0])[0] == 4 * i);
  }
  CHECK(
      thexp_test::message_of<thexp::DataError>([&] { stream->next(batch); }) ==
      "cannot load batch 3 of epoch 2 (examples 12, 13, 14, 15): cannot load "
      "example 13: no such picture");
  REQUIRE(stream->next(batch));  // goes on behind it
  CHECK(values(batch[0]) == std::vector<int64_t>{16, 17, 18, 19});
  CHECK_FALSE(stream->next(batch));

  dataset->broken = false;
  CHECK(joined(labels_of(loader, 2)).size() == 20);
}

TEST_CASE("the original exception is nested in the worker's") {
  DataLoader loader(std::make_shared<Flaky>(),
                    LoaderOptions().batch_size(20).workers(1));
  try {
    labels_of(loader, 0);
    FAIL("nothing was thrown");
  } catch (const thexp::DataError& error) {
    try {
      std::rethrow_if_nested(error);
      FAIL("nothing is nested");
    } catch (const thexp::DataError& inner) {
      CHECK_THROWS_WITH(std::rethrow_if_nested(inner), "no such picture");
    }
  }
}

class Threads : public thexp::Dataset {
 public:
  int64_t size() const override { return 40; }
  Batch get(at::IntArrayRef indices) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::lock_guard<std::mutex> lock(mutex);
    ids.insert(std::this_thread::get_id());
    return Batch({at::tensor(indices, at::kLong)});
  }
  mutable std::mutex mutex;
  mutable std::set<std::thread::id> ids;
};

TEST_CASE("threads are kept from epoch to epoch") {
  auto dataset = std::make_shared<Threads>();
  DataLoader loader(dataset, LoaderOptions().batch_size(4).workers(2));
  for (int64_t epoch = 0; epoch < 4; ++epoch) {
    CHECK(labels_of(loader, epoch).size() == 10);
  }
  // Slow batches are waited for, not loaded by the consumer.
  CHECK(dataset->ids.count(std::this_thread::get_id()) == 0);
  CHECK(dataset->ids.size() == 2);
}

TEST_CASE("without workers the consumer loads") {
  auto dataset = std::make_shared<Threads>();
  DataLoader loader(dataset, LoaderOptions().batch_size(20));
  CHECK(labels_of(loader, 0).size() == 2);
  CHECK(dataset->ids == std::set<std::thread::id>{std::this_thread::get_id()});
}

class Counting : public thexp::Dataset {
 public:
  int64_t size() const override { return 1000; }
  Batch get(at::IntArrayRef indices) const override {
    ++loaded;
    return Batch({at::tensor(indices, at::kLong)});
  }
  mutable std::atomic<int64_t> loaded{0};
};

TEST_CASE("workers run ahead no farther than they are told") {
  auto dataset = std::make_shared<Counting>();
  DataLoader loader(dataset,
                    LoaderOptions().batch_size(1).workers(2).prefetch(3));
  auto stream = loader.stream(0);
  Batch batch;
  for (int i = 0; i < 10; ++i) stream->next(batch);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(dataset->loaded >= 10);
  CHECK(dataset->loaded <= 10 + 2 * 3 + 1);
  stream.reset();
  const int64_t loaded = dataset->loaded;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(dataset->loaded == loaded);
}

TEST_CASE("a loader with workers may be destroyed unused") {
  DataLoader loader(numbered(10), LoaderOptions().workers(3));
  CHECK(loader.batches() == 1);
}

TEST_CASE("many short epochs with slow and quick consumers") {
  DataLoader loader(numbered(30),
                    LoaderOptions().batch_size(1).shuffle(true).workers(2));
  for (int64_t epoch = 0; epoch < 200; ++epoch) {
    int64_t sum = 0, count = 0;
    for (const Batch& batch : loader.epoch(epoch)) {
      sum += values(batch[1])[0];
      if (epoch % 40 == 0 && ++count % 7 == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    REQUIRE(sum == 435);
  }
}

}  // namespace
