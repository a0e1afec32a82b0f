// The code that docs/data.md shows. Ends with a non-zero status when a
// snippet does not do what the page says.
#include <ATen/ATen.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "thexp/data/bundler.h"
#include "thexp/data/csv.h"
#include "thexp/data/idx.h"
#include "thexp/data/loader.h"
#include "thexp/data/sampler.h"
#include "thexp/data/text_file.h"

namespace {

int64_t read_in_batches(const at::Tensor& images, const at::Tensor& labels) {
  int64_t examples = 0;
  // [loader]
  auto dataset = thexp::tensor_dataset({images, labels});
  auto [train, eval] = thexp::split(dataset, 0.2, /*seed=*/1);

  thexp::DataLoader loader(
      train, thexp::LoaderOptions().batch_size(64).shuffle(true).workers(1));
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    for (const thexp::Batch& batch : loader.epoch(epoch)) {
      auto [images, labels] = batch.as<2>();
      examples += images.size(0);
    }
  }
  // [/loader]
  return examples + eval->size();
}

// [item]
class Squares : public thexp::ItemDataset {
 public:
  int64_t size() const override { return 100; }
  thexp::Example get_item(int64_t index) const override {
    return {{at::full({1}, index, at::kFloat),
             at::full({1}, index * index, at::kFloat)}};
  }
};
// [/item]

// [dataset]
// Reads a whole batch at once, here from memory.
class Numbers : public thexp::Dataset {
 public:
  int64_t size() const override { return 100; }
  thexp::Batch get(at::IntArrayRef indices) const override {
    at::Tensor numbers = at::tensor(indices, at::kLong);  // [B]
    return thexp::Batch({numbers, numbers * numbers});
  }
};
// [/dataset]

// [transform]
thexp::Batch flip(thexp::Batch batch, const thexp::BatchContext& context) {
  at::Tensor images = batch[0];  // [B, 1, rows, columns]
  for (int64_t i = 0; i < batch.size(); ++i) {
    thexp::RandomStream random = context.random(i);
    if (random.chance(0.5)) images[i].copy_(images[i].flip({-1}));
  }
  return batch;
}
// [/transform]

// [sampler]
// The last example first, in every epoch.
class Backwards : public thexp::Sampler {
 public:
  explicit Backwards(int64_t n) : n_(n) {}
  int64_t size() const override { return n_; }  // positions in an epoch
  void indices(int64_t /*epoch*/,
               int64_t first,
               int64_t count,
               int64_t* out) const override {
    for (int64_t i = 0; i < count; ++i) out[i] = n_ - 1 - (first + i);
  }

 private:
  int64_t n_;
};
// [/sampler]

int64_t first_index() {
  auto dataset = std::make_shared<Squares>();
  // [sampled]
  thexp::DataLoader backwards(
      dataset, thexp::LoaderOptions().batch_size(4).sampler(
                   std::make_shared<Backwards>(dataset->size())));
  // [/sampled]
  for (const thexp::Batch& batch : backwards.epoch(0)) {
    return batch[0][0].item<int64_t>();
  }
  return -1;
}

// [collate]
// Sequences of uneven length: padded with zeros, and their lengths beside them.
thexp::Batch pad(std::vector<thexp::Example> examples) {
  std::vector<at::Tensor> sequences;
  std::vector<int64_t> lengths;
  for (const thexp::Example& example : examples) {
    sequences.push_back(example.tensors[0]);
    lengths.push_back(example.tensors[0].size(0));
  }
  thexp::Batch batch({at::pad_sequence(sequences, /*batch_first=*/true)});
  batch.set_extra(lengths);
  return batch;
}
// [/collate]

class Stairs : public thexp::ItemDataset {
 public:
  int64_t size() const override { return 4; }
  thexp::Example get_item(int64_t index) const override {
    return {{at::ones({index + 1})}};
  }
};

bool pads() {
  auto stairs = std::make_shared<Stairs>();
  bool right = false;
  // [collated]
  thexp::DataLoader loader(stairs,
                           thexp::LoaderOptions().batch_size(4).collate(pad));
  for (const thexp::Batch& batch : loader.epoch(0)) {
    at::Tensor sequences = batch[0];  // [4, longest]
    auto lengths = batch.extra<std::vector<int64_t>>();
    right = sequences.size(1) == 4 && lengths[1] == 2;
  }
  // [/collated]
  return right;
}

bool reads_digits(const std::filesystem::path& folder) {
  // [mnist]
  std::shared_ptr<thexp::TensorDataset> digits =
      thexp::load_mnist(folder, thexp::MnistSplit::kTrain);
  at::Tensor images = digits->tensors()[0];  // float [N, 784], from 0 to 1
  at::Tensor labels = digits->tensors()[1];  // int64 [N], from 0 to 9

  auto pictures = thexp::load_mnist(folder, thexp::MnistSplit::kTrain,
                                    thexp::ImageLayout::kChannels);
  images = pictures->tensors()[0];  // float [N, 1, 28, 28]
  // [/mnist]
  return images.sizes() == at::IntArrayRef({2, 1, 28, 28}) &&
         labels.scalar_type() == at::kLong;
}

double mean_age(const std::filesystem::path& file) {
  // [csv]
  thexp::CsvTable table = thexp::read_csv(file);
  at::Tensor ages = table.column("age");  // double [rows]
  at::Tensor all = table.values;          // double [rows, columns]
  // [/csv]
  return ages.mean().item<double>() + static_cast<double>(all.size(1));
}

bool spells(const std::filesystem::path& file) {
  // [vocabulary]
  std::string text = thexp::read_text_file(file);
  auto vocabulary = thexp::CharVocabulary::of_text(text);
  at::Tensor numbers = vocabulary.encode(text);  // int64 [characters]
  std::string again = vocabulary.decode(numbers);

  // Its characters in order; a vocabulary made of them is the same one.
  thexp::CharVocabulary same(vocabulary.characters());

  // Example i: characters i … i+7, and as the target characters i+1 … i+8.
  auto windows = std::make_shared<thexp::WindowDataset>(numbers, /*length=*/8);
  // [/vocabulary]
  return again == text && same.size() == vocabulary.size() &&
         windows->size() == numbers.size(0) - 8;
}

int64_t bundled(std::shared_ptr<thexp::DataLoader> labeled,
                std::shared_ptr<thexp::DataLoader> unlabeled) {
  int64_t pairs = 0;
  // [bundler]
  auto train = thexp::DataBundler::zip(
      {{"labeled", labeled}, thexp::cycle("unlabeled", unlabeled)});
  for (const thexp::Batch& batch : train->epoch(0)) {
    auto [images, labels] = batch.part("labeled").as<2>();
    const at::Tensor& more = batch.part("unlabeled")[0];
    pairs += images.size(0) == more.size(0) ? 1 : 0;
  }
  // [/bundler]
  return pairs;
}

bool resumes(thexp::DataLoader& loader) {
  bool same = true;
  // [resume]
  auto stream = loader.stream(/*epoch=*/7, /*first_batch=*/3);
  thexp::Batch batch;
  while (stream->next(batch)) {
    // the batches 3, 4, … of epoch 7
    same = same && batch.size() > 0;
  }
  // [/resume]
  return same;
}

// An IDX file of bytes: its header says 8 for bytes, then each dimension.
void write_idx(const std::filesystem::path& file,
               const std::vector<unsigned char>& dimensions) {
  std::string bytes = {0, 0, 8, static_cast<char>(dimensions.size())};
  std::size_t values = 1;
  for (unsigned char size : dimensions) {
    bytes += std::string(3, '\0') + static_cast<char>(size);
    values *= size;
  }
  std::ofstream(file, std::ios::binary) << bytes + std::string(values, '\1');
}

void expect(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "data_snippets: " << what << " failed\n";
  std::exit(1);
}

}  // namespace

int main() {
  const at::Tensor images = at::rand({100, 1, 4, 4});
  const at::Tensor labels = at::arange(100, at::kLong);
  expect(read_in_batches(images, labels) == 2 * 80 + 20, "loader");

  auto squares = std::make_shared<thexp::DataLoader>(
      std::make_shared<Squares>(), thexp::LoaderOptions().batch_size(10));
  auto few = std::make_shared<thexp::DataLoader>(
      std::make_shared<Squares>(),
      thexp::LoaderOptions().batch_size(10).sampler(
          std::make_shared<thexp::SequentialSampler>(30)));
  expect(bundled(squares, few) == 10, "bundler");
  expect(resumes(*squares), "resume");
  const thexp::Batch two = Numbers().get({3, 5});
  expect(two.size() == 2 && two[1][1].item<int64_t>() == 25, "dataset");
  expect(first_index() == 99, "sampler");
  expect(pads(), "collate");

  write_idx("train-images-idx3-ubyte", {2, 28, 28});
  write_idx("train-labels-idx1-ubyte", {2});
  expect(reads_digits("."), "mnist");
  std::ofstream("people.csv") << "age,height\n20,1.8\n40,1.7\n";
  expect(mean_age("people.csv") == 30 + 2, "csv");
  std::ofstream("rhyme.txt") << "one two buckle my shoe, 训 🚀";
  expect(spells("rhyme.txt"), "vocabulary");

  thexp::DataLoader flipped(
      thexp::tensor_dataset({images}),
      thexp::LoaderOptions().batch_size(100).transform(flip));
  for (const thexp::Batch& batch : flipped.epoch(0)) {
    expect(at::allclose(batch[0].sum(), images.sum()), "transform");
    expect(!at::equal(batch[0], images), "transform");
  }
  return 0;
}
