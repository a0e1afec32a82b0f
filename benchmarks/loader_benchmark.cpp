// Loading alone: examples a second of our DataLoader against LibTorch's, one
// index_select a batch, and the bare copying of the rows. 60000 x 784 floats
// and int64 labels in memory, shuffled, one intra-op thread. The feeds are run
// in turn, round by round; the table shows medians.
//
//     loader_benchmark [--quick]
#include <torch/data/dataloader.h>
#include <torch/data/datasets/base.h>
#include <torch/data/datasets/map.h>
#include <torch/data/samplers/random.h>
#include <torch/data/transforms/stack.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "thexp/data/loader.h"

namespace {

constexpr int64_t kPixels = 784;

struct Data {
  at::Tensor images;
  at::Tensor labels;
};

/// One pass over the data; returns the number of examples.
using Pass = std::function<int64_t(int64_t epoch)>;

struct Feed {
  std::string name;
  Pass pass;
  std::vector<double> rates = {};  // examples a second
};

// What a user does at the least: looks at the first value of each tensor.
double sink = 0;
void consume(const at::Tensor& images, const at::Tensor& labels) {
  sink += *static_cast<const float*>(images.data_ptr());
  sink += static_cast<double>(*static_cast<const int64_t*>(labels.data_ptr()));
}

Feed copied_rows(const Data& data, int64_t batch) {
  auto images = torch::empty({batch, kPixels});
  auto labels = torch::empty({batch}, torch::kLong);
  return {"memcpy of rows into one buffer (limit)", [=](int64_t) {
            const int64_t n = data.images.size(0);
            const at::Tensor order = torch::randperm(n);
            const auto* rows = order.data_ptr<int64_t>();
            const auto* from = data.images.data_ptr<float>();
            const auto* from_labels = data.labels.data_ptr<int64_t>();
            auto* to = images.data_ptr<float>();
            auto* to_labels = labels.data_ptr<int64_t>();
            for (int64_t i = 0; i < n; ++i) {
              const int64_t at = i % batch;
              std::memcpy(to + at * kPixels, from + rows[i] * kPixels,
                          kPixels * sizeof(float));
              to_labels[at] = from_labels[rows[i]];
              if (at + 1 == batch) consume(images, labels);
            }
            return n;
          }};
}

Feed index_selected(const Data& data, int64_t batch) {
  return {"index_select a batch", [=](int64_t) {
            const int64_t n = data.images.size(0);
            const at::Tensor order = torch::randperm(n);
            for (int64_t first = 0; first < n; first += batch) {
              const at::Tensor rows =
                  order.slice(0, first, std::min(first + batch, n));
              consume(data.images.index_select(0, rows),
                      data.labels.index_select(0, rows));
            }
            return n;
          }};
}

class ItemData : public torch::data::datasets::Dataset<ItemData> {
 public:
  explicit ItemData(Data data) : data_(std::move(data)) {}
  torch::data::Example<> get(size_t i) override {
    return {data_.images[static_cast<int64_t>(i)],
            data_.labels[static_cast<int64_t>(i)]};
  }
  c10::optional<size_t> size() const override {
    return static_cast<size_t>(data_.images.size(0));
  }

 private:
  Data data_;
};

class BatchData
    : public torch::data::datasets::BatchDataset<BatchData,
                                                 torch::data::Example<>> {
 public:
  explicit BatchData(Data data) : data_(std::move(data)) {}
  torch::data::Example<> get_batch(at::ArrayRef<size_t> indices) override {
    const at::Tensor rows =
        torch::empty({static_cast<int64_t>(indices.size())}, torch::kLong);
    std::copy(indices.begin(), indices.end(), rows.data_ptr<int64_t>());
    return {data_.images.index_select(0, rows),
            data_.labels.index_select(0, rows)};
  }
  c10::optional<size_t> size() const override {
    return static_cast<size_t>(data_.images.size(0));
  }

 private:
  Data data_;
};

template <typename Dataset>
Feed torch_feed(std::string name,
                Dataset dataset,
                int64_t batch,
                size_t workers) {
  using Sampler = torch::data::samplers::RandomSampler;
  const auto options =
      torch::data::DataLoaderOptions(static_cast<size_t>(batch))
          .workers(workers);
  std::shared_ptr<torch::data::StatelessDataLoader<Dataset, Sampler>> loader =
      torch::data::make_data_loader<Sampler>(std::move(dataset), options);
  return {std::move(name), [loader](int64_t) {
            int64_t n = 0;
            for (auto& example : *loader) {
              consume(example.data, example.target);
              n += example.data.size(0);
            }
            return n;
          }};
}

Feed thexp_feed(const Data& data, int64_t batch, int64_t workers) {
  auto dataset = thexp::tensor_dataset({data.images, data.labels});
  auto loader =
      std::make_shared<thexp::DataLoader>(dataset, thexp::LoaderOptions()
                                                       .batch_size(batch)
                                                       .shuffle(true)
                                                       .workers(workers)
                                                       .pin_memory(false));
  return {"thexp DataLoader, " + std::to_string(workers) + " workers",
          [loader](int64_t epoch) {
            int64_t n = 0;
            for (const thexp::Batch& batch : loader->epoch(epoch)) {
              consume(batch[0], batch[1]);
              n += batch.size();
            }
            return n;
          }};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run_once(Feed& feed, int64_t epoch) {
  const auto begin = std::chrono::steady_clock::now();
  const int64_t examples = feed.pass(epoch);
  const std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - begin;
  feed.rates.push_back(static_cast<double>(examples) / taken.count());
}

void benchmark(const Data& data, int64_t batch, int rounds) {
  auto stacked = [&] {
    return ItemData(data).map(torch::data::transforms::Stack<>());
  };
  std::vector<Feed> feeds = {
      index_selected(data, batch),
      copied_rows(data, batch),
      torch_feed("torch::data get + Stack", stacked(), batch, 0),
      torch_feed("torch::data get + Stack, 1 worker", stacked(), batch, 1),
      torch_feed("torch::data get_batch", BatchData(data), batch, 0),
      torch_feed("torch::data get_batch, 1 worker", BatchData(data), batch, 1),
      thexp_feed(data, batch, 0),
      thexp_feed(data, batch, 1),
      thexp_feed(data, batch, 2),
  };
  for (int round = -1; round < rounds; ++round) {
    for (Feed& feed : feeds) run_once(feed, round + 1);
    if (round < 0) {  // the first warms up
      for (Feed& feed : feeds) feed.rates.clear();
    }
  }
  const double reference = median(feeds[0].rates);
  for (const Feed& feed : feeds) {
    const double rate = median(feed.rates);
    std::printf("| %-40s | %5lld | %13.2f | %12.2f |\n", feed.name.c_str(),
                static_cast<long long>(batch), rate / 1e6, rate / reference);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  at::set_num_threads(1);
  const int64_t n = quick ? 20000 : 60000;
  const Data data{torch::rand({n, kPixels}),
                  torch::randint(0, 10, {n}, torch::kLong)};
  std::printf("| %-40s | %5s | %13s | %12s |\n", "feed", "batch", "Mexamples/s",
              "index_select");
  std::printf("|---|---|---|---|\n");
  for (int64_t batch : {32, 256}) benchmark(data, batch, quick ? 3 : 15);
  return sink == 0.5 ? 1 : 0;  // keeps what was read alive
}
