// The code that docs/data.md shows. Ends with a non-zero status when a
// snippet does not do what the page says.
#include <ATen/ATen.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

#include "thexp/data/bundler.h"
#include "thexp/data/idx.h"
#include "thexp/data/loader.h"

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

  thexp::DataLoader flipped(
      thexp::tensor_dataset({images}),
      thexp::LoaderOptions().batch_size(100).transform(flip));
  for (const thexp::Batch& batch : flipped.epoch(0)) {
    expect(at::allclose(batch[0].sum(), images.sum()), "transform");
    expect(!at::equal(batch[0], images), "transform");
  }
  return 0;
}
