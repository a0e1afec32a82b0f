#include "thexp/data/torch_dataset.h"

#include <torch/data/datasets.h>
#include <torch/data/transforms.h>

#include <algorithm>

#include "data_support.h"

namespace {

using thexp::DataLoader;
using thexp::LoaderOptions;
using thexp_test::values;

// Counts calls at once, as a dataset with state of its own would suffer them.
struct Numbers : torch::data::datasets::Dataset<Numbers> {
  torch::data::Example<> get(size_t index) override {
    ++calls;
    const auto value = static_cast<int64_t>(index);
    return {at::full({2}, value, at::kFloat),
            at::scalar_tensor(value, at::kLong)};
  }
  c10::optional<size_t> size() const override { return 20; }
  int64_t calls = 0;
};

TEST_CASE("a torch::data dataset is loaded like one of ours") {
  const int64_t workers = GENERATE(0, 2);
  DataLoader loader(
      thexp::wrap_torch_dataset(Numbers()),
      LoaderOptions().batch_size(6).shuffle(true).workers(workers));
  std::vector<int64_t> seen;
  for (const thexp::Batch& batch : loader.epoch(0)) {
    const auto [images, labels] = batch.as<2>();
    CHECK(at::equal(images.select(1, 1).to(at::kLong), labels));
    for (int64_t label : values(labels)) seen.push_back(label);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen.size() == 20);
  CHECK(seen.front() == 0);
  CHECK(seen.back() == 19);
}

TEST_CASE("a torch::data dataset with a Stack transform gives batches") {
  auto dataset = thexp::wrap_torch_dataset(
      Numbers().map(torch::data::transforms::Stack<>()),
      thexp::ThreadSafety::kConcurrent);
  CHECK(dataset->size() == 20);
  const thexp::Batch batch = dataset->get({4, 2});
  CHECK(batch[0].sizes() == at::IntArrayRef({2, 2}));
  CHECK(values(batch[1]) == std::vector<int64_t>{4, 2});
  CHECK(values(dataset->examples({7})[0].tensors[1]) ==
        std::vector<int64_t>{7});
}

TEST_CASE("a torch::data tensor dataset has no targets") {
  auto dataset = thexp::wrap_torch_dataset(
      torch::data::datasets::TensorDataset(at::arange(6).view({3, 2})));
  const thexp::Batch batch = dataset->get({2, 0});
  CHECK(batch.tensors() == 1);
  CHECK(values(batch[0]) == std::vector<int64_t>{4, 5, 0, 1});
}

// Pictures with as many words as their number says.
struct Captions
    : torch::data::datasets::Dataset<
          Captions,
          torch::data::Example<at::Tensor, std::vector<std::string>>> {
  torch::data::Example<at::Tensor, std::vector<std::string>> get(
      size_t index) override {
    return {at::full({2}, static_cast<int64_t>(index)),
            std::vector<std::string>(index, "word")};
  }
  c10::optional<size_t> size() const override { return 4; }
};

TEST_CASE("targets that are no tensors go into the extra") {
  auto dataset = thexp::wrap_torch_dataset(Captions(), [](const auto& each) {
    return thexp::Example({each.data}, each.target.size());
  });
  const thexp::Batch batch = dataset->get({3, 1});
  CHECK(batch[0].size(0) == 2);
  const auto& words = batch.extra<std::vector<std::any>>();
  CHECK(std::any_cast<std::size_t>(words[0]) == 3);
  CHECK(std::any_cast<std::size_t>(words[1]) == 1);
}

}  // namespace
