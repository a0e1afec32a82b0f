#include "thexp/data/dataset.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <c10/util/SmallVector.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gather.h"
#include "thexp/base/hash.h"
#include "thexp/data/permutation.h"

namespace thexp {

Dataset::~Dataset() = default;

void Dataset::get_into(at::IntArrayRef indices, TensorPool&, Batch& out) const {
  out = get(indices);
}

std::vector<Example> Dataset::examples(at::IntArrayRef indices) const {
  const Batch batch = get(indices);
  std::vector<Example> result(indices.size());
  for (std::size_t row = 0; row < result.size(); ++row) {
    for (std::size_t i = 0; i < batch.tensors(); ++i) {
      result[row].tensors.push_back(
          batch[i].select(0, static_cast<int64_t>(row)));
    }
  }
  return result;
}

Batch ItemDataset::get(at::IntArrayRef indices) const {
  return stack_examples(examples(indices));
}

void ItemDataset::get_into(at::IntArrayRef indices,
                           TensorPool& pool,
                           Batch& out) const {
  out = stack_examples(examples(indices), pool);
}

std::vector<Example> ItemDataset::examples(at::IntArrayRef indices) const {
  std::vector<Example> result;
  result.reserve(indices.size());
  for (int64_t index : indices) {
    try {
      result.push_back(get_item(index));
    } catch (const std::exception& cause) {
      std::throw_with_nested(DataError::in_example(index, cause.what()));
    }
  }
  return result;
}

std::shared_ptr<TensorDataset> tensor_dataset(std::vector<at::Tensor> tensors) {
  return std::make_shared<TensorDataset>(std::move(tensors));
}

TensorDataset::TensorDataset(std::vector<at::Tensor> tensors)
    : tensors_(std::move(tensors)) {
  if (tensors_.empty()) {
    throw UsageError("a TensorDataset needs at least one tensor");
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!tensors_[i].defined() || tensors_[i].dim() == 0) {
      throw UsageError(fmt::format(
          "tensor {} of a TensorDataset has no dimension for the examples", i));
    }
    if (tensors_[i].size(0) != tensors_[0].size(0)) {
      throw UsageError(
          fmt::format("the tensors of a TensorDataset must have equally many "
                      "rows: tensor 0 has {}, tensor {} has {}",
                      tensors_[0].size(0), i, tensors_[i].size(0)));
    }
    direct_.push_back(detail::has_plain_rows(tensors_[i]));
  }
  size_ = tensors_[0].size(0);
}

Batch TensorDataset::get(at::IntArrayRef indices) const {
  TensorPool pool;
  Batch batch;
  get_into(indices, pool, batch);
  return batch;
}

void TensorDataset::get_into(at::IntArrayRef indices,
                             TensorPool& pool,
                             Batch& out) const {
  detail::check_indices(indices, size_);
  out.clear();
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    out.add(gather(i, indices, pool));
  }
}

at::Tensor TensorDataset::gather(std::size_t i,
                                 at::IntArrayRef indices,
                                 TensorPool& pool) const {
  const at::Tensor& source = tensors_[i];
  if (!direct_[i]) {
    at::Tensor rows = at::tensor(indices, at::kLong).to(source.device());
    return source.index_select(0, rows);
  }
  c10::SmallVector<int64_t, 6> shape(source.sizes().begin(),
                                     source.sizes().end());
  shape[0] = static_cast<int64_t>(indices.size());
  at::Tensor result = pool.take(shape, source.scalar_type());
  if (result.numel() == 0) return result;
  detail::gather_rows(
      static_cast<const char*>(source.data_ptr()),
      static_cast<std::size_t>(source.stride(0)) * source.element_size(),
      indices, static_cast<char*>(result.data_ptr()));
  return result;
}

Subset::Subset(std::shared_ptr<const Dataset> dataset,
               std::vector<int64_t> indices)
    : dataset_(std::move(dataset)), indices_(std::move(indices)) {
  detail::check_indices(indices_, dataset_->size());
}

namespace {

using Indices = c10::SmallVector<int64_t, 256>;

Indices looked_up(const std::vector<int64_t>& table, at::IntArrayRef indices) {
  detail::check_indices(indices, static_cast<int64_t>(table.size()));
  Indices result;
  result.reserve(indices.size());
  for (int64_t index : indices) {
    result.push_back(table[static_cast<std::size_t>(index)]);
  }
  return result;
}

}  // namespace

Batch Subset::get(at::IntArrayRef indices) const {
  return dataset_->get(looked_up(indices_, indices));
}

void Subset::get_into(at::IntArrayRef indices,
                      TensorPool& pool,
                      Batch& out) const {
  dataset_->get_into(looked_up(indices_, indices), pool, out);
}

std::vector<Example> Subset::examples(at::IntArrayRef indices) const {
  return dataset_->examples(looked_up(indices_, indices));
}

std::pair<std::shared_ptr<Dataset>, std::shared_ptr<Dataset>> split(
    std::shared_ptr<const Dataset> dataset, double rate, uint64_t seed) {
  if (!(rate >= 0.0 && rate <= 1.0)) {
    throw UsageError(fmt::format(
        "split: the rate of the second part is {}; it must be in [0, 1]",
        rate));
  }
  constexpr uint64_t kTag = 0x73'706c'6974ULL;  // "split"
  const int64_t size = dataset->size();
  const int64_t second = std::llround(rate * static_cast<double>(size));
  std::vector<int64_t> order(static_cast<std::size_t>(size));
  Permutation(static_cast<uint64_t>(size), combine64(seed, kTag))
      .fill(0, static_cast<uint64_t>(size), order.data());
  const auto cut = order.end() - second;
  std::sort(order.begin(), cut);
  std::sort(cut, order.end());
  return {std::make_shared<Subset>(dataset,
                                   std::vector<int64_t>(order.begin(), cut)),
          std::make_shared<Subset>(dataset,
                                   std::vector<int64_t>(cut, order.end()))};
}

}  // namespace thexp
