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

/// What a torch::data example is made into: its tensors, unless told otherwise.
struct TensorsOfExample {
  template <typename Data, typename Target>
  Example operator()(const torch::data::Example<Data, Target>& example) const {
    using NoTarget = torch::data::example::NoTarget;
    static_assert(std::is_same_v<Data, at::Tensor>,
                  "the data of this torch::data dataset is no tensor: give "
                  "wrap_torch_dataset() a function that makes a "
                  "thexp::Example of each of its examples");
    if constexpr (std::is_same_v<Target, NoTarget>) {
      return Example({example.data});
    } else {
      static_assert(std::is_same_v<Target, at::Tensor>,
                    "the targets of this torch::data dataset are no tensors: "
                    "give wrap_torch_dataset() a function that makes a "
                    "thexp::Example of each of its examples; what is no tensor "
                    "goes into Example::extra");
      return Example({example.data, example.target});
    }
  }
};

/// A dataset of torch::data as one of ours; header-only, since torch::data's
/// are templates. Takes datasets of Example<Tensor, Tensor>, of TensorExample,
/// and those that a Stack transform has been mapped over; of any other
/// examples with `make_example`, a function from one of them to a
/// thexp::Example.
///
///     auto mnist = thexp::wrap_torch_dataset(
///         torch::data::datasets::MNIST(folder).map(Stack<>()));
///
/// torch::data copies a dataset for each of its workers, so its get() may
/// change it; ours share one, hence kOneAtATime by default.
template <typename Wrapped, typename MakeExample = TensorsOfExample>
class TorchDataset : public Dataset {
  using Loaded = typename Wrapped::BatchType;
  static_assert(!Wrapped::is_stateful,
                "a stateful torch::data dataset has no random access; "
                "implement thexp::BatchSource for it");

 public:
  /// @throws UsageError when the dataset does not know its size.
  TorchDataset(Wrapped dataset,
               ThreadSafety safety,
               MakeExample make_example = {})
      : dataset_(std::move(dataset)),
        safety_(safety),
        make_example_(std::move(make_example)) {
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
      return Batch(make_example_(load(indices)).tensors);
    }
  }

  std::vector<Example> examples(at::IntArrayRef indices) const override {
    if constexpr (is_vector<Loaded>::value) {
      std::vector<Example> result;
      for (auto& example : load(indices)) {
        result.push_back(make_example_(example));
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

  Loaded load(at::IntArrayRef indices) const {
    std::vector<std::size_t> request(indices.begin(), indices.end());
    std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
    if (safety_ == ThreadSafety::kOneAtATime) lock.lock();
    return dataset_.get_batch(request);
  }

  mutable Wrapped dataset_;
  ThreadSafety safety_;
  MakeExample make_example_;
  int64_t size_ = 0;
  mutable std::mutex mutex_;
};

/// Wraps a torch::data dataset: see TorchDataset.
template <typename Wrapped>
std::shared_ptr<TorchDataset<Wrapped>> wrap_torch_dataset(
    Wrapped dataset, ThreadSafety safety = ThreadSafety::kOneAtATime) {
  return std::make_shared<TorchDataset<Wrapped>>(std::move(dataset), safety);
}

/// The same, of examples that hold other things than tensors:
///
///     wrap_torch_dataset(captions, [](const auto& example) {
///       return thexp::Example({example.data}, example.target);
///     });
template <typename Wrapped,
          typename MakeExample,
          std::enable_if_t<!std::is_same_v<MakeExample, ThreadSafety>, int> = 0>
std::shared_ptr<TorchDataset<Wrapped, MakeExample>> wrap_torch_dataset(
    Wrapped dataset,
    MakeExample make_example,
    ThreadSafety safety = ThreadSafety::kOneAtATime) {
  return std::make_shared<TorchDataset<Wrapped, MakeExample>>(
      std::move(dataset), safety, std::move(make_example));
}

}  // namespace thexp
