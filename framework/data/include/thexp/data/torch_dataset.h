#pragma once

#include <torch/data/datasets/base.h>
#include <torch/data/example.h>

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "thexp/data/dataset.h"

namespace thexp {

/// Whether a torch::data dataset may be used by several threads at once.
enum class ThreadSafety {
  kOneAtATime,  ///< calls are made one after another (a mutex)
  kConcurrent,  ///< the dataset says that this is fine
};

/// A dataset of torch::data as one of ours; header-only, since torch::data's
/// are templates. Takes datasets of Example<Tensor, Tensor>, of TensorExample,
/// and those that a Stack transform has been mapped over.
///
///     auto mnist = thexp::wrap_torch_dataset(
///         torch::data::datasets::MNIST(folder).map(Stack<>()));
///
/// torch::data copies a dataset for each of its workers, so its get() may
/// change it; ours share one, hence kOneAtATime by default.
template <typename Wrapped>
class TorchDataset : public Dataset {
  using Loaded = typename Wrapped::BatchType;
  static_assert(!Wrapped::is_stateful,
                "a stateful torch::data dataset has no random access; "
                "implement thexp::BatchSource for it");

 public:
  /// @throws UsageError when the dataset does not know its size.
  TorchDataset(Wrapped dataset, ThreadSafety safety)
      : dataset_(std::move(dataset)), safety_(safety) {
    if (!dataset_.size().has_value()) {
      throw UsageError("a torch::data dataset without a size cannot be used");
    }
    size_ = static_cast<int64_t>(*dataset_.size());
  }

  int64_t size() const override { return size_; }

  Batch get(at::IntArrayRef indices) const override {
    if constexpr (is_vector<Loaded>::value) {
      return stack_examples(examples(indices));
    } else {
      return Batch(tensors_of(load(indices)));
    }
  }

  std::vector<Example> examples(at::IntArrayRef indices) const override {
    if constexpr (is_vector<Loaded>::value) {
      std::vector<Example> result;
      for (auto& example : load(indices)) {
        result.emplace_back(tensors_of(example));
      }
      return result;
    } else {
      return Dataset::examples(indices);
    }
  }

 private:
  template <typename T>
  struct is_vector : std::false_type {};
  template <typename T>
  struct is_vector<std::vector<T>> : std::true_type {};

  static std::vector<at::Tensor> tensors_of(
      const torch::data::Example<at::Tensor, at::Tensor>& example) {
    return {example.data, example.target};
  }
  static std::vector<at::Tensor> tensors_of(
      const torch::data::Example<at::Tensor, torch::data::example::NoTarget>&
          example) {
    return {example.data};
  }

  Loaded load(at::IntArrayRef indices) const {
    std::vector<std::size_t> request(indices.begin(), indices.end());
    std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
    if (safety_ == ThreadSafety::kOneAtATime) lock.lock();
    return dataset_.get_batch(request);
  }

  mutable Wrapped dataset_;
  ThreadSafety safety_;
  int64_t size_ = 0;
  mutable std::mutex mutex_;
};

/// Wraps a torch::data dataset: see TorchDataset.
template <typename Wrapped>
std::shared_ptr<TorchDataset<Wrapped>> wrap_torch_dataset(
    Wrapped dataset, ThreadSafety safety = ThreadSafety::kOneAtATime) {
  return std::make_shared<TorchDataset<Wrapped>>(std::move(dataset), safety);
}

}  // namespace thexp
