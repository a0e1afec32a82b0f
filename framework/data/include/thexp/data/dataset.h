#pragma once

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "thexp/data/batch.h"
#include "thexp/data/error.h"
#include "thexp/data/tensor_pool.h"

namespace thexp {

/// One example: its tensors, without a batch dimension, and anything else.
struct Example {
  Example() = default;
  Example(std::vector<at::Tensor> tensors, std::any extra = {})
      : tensors(std::move(tensors)), extra(std::move(extra)) {}

  std::vector<at::Tensor> tensors;
  std::any extra;
};

/// Makes a batch of examples.
using Collate = std::function<Batch(std::vector<Example> examples)>;

/// Stacks the i-th tensors of all examples along a new dimension 0. Where an
/// example has an `extra`, the batch gets a `std::vector<std::any>` of all.
/// @throws DataError naming the example (by its position) whose number of
/// tensors, shape or type differs from the first one's.
Batch stack_examples(const std::vector<Example>& examples);
/// The same, with memory from `pool`.
Batch stack_examples(const std::vector<Example>& examples, TensorPool& pool);

/// Examples that are found by a number. One dataset is shared by all worker
/// threads: const functions must be safe to call from several at once.
class Dataset {
 public:
  virtual ~Dataset();

  /// The number of examples.
  virtual int64_t size() const = 0;

  /// A batch of the examples at `indices`, in that order. Each is in
  /// [0, size()) when a loader calls.
  virtual Batch get(at::IntArrayRef indices) const = 0;

  /// What a loader calls: puts get() into `out`. Override it to take the
  /// memory of the batch from `pool`, which saves an allocation a batch.
  virtual void get_into(at::IntArrayRef indices,
                        TensorPool& pool,
                        Batch& out) const;

  /// The examples one by one, for a custom collate function. By default rows
  /// of get().
  virtual std::vector<Example> examples(at::IntArrayRef indices) const;
};

/// A dataset that is written one example at a time; stacked into batches.
class ItemDataset : public Dataset {
 public:
  virtual Example get_item(int64_t index) const = 0;

  /// @throws DataError naming the example whose get_item() threw, with that
  /// exception nested.
  Batch get(at::IntArrayRef indices) const override;
  void get_into(at::IntArrayRef indices,
                TensorPool& pool,
                Batch& out) const override;
  std::vector<Example> examples(at::IntArrayRef indices) const override;
};

/// Tensors in memory that share dimension 0, e.g. images [N, 784] and labels
/// [N]. The tensors are held, not copied. Rows of contiguous CPU tensors are
/// copied directly; others go through index_select on their device.
class TensorDataset : public Dataset {
 public:
  /// @throws UsageError when there is no tensor, one has no dimension, or the
  /// sizes of dimension 0 differ.
  explicit TensorDataset(std::vector<at::Tensor> tensors);

  int64_t size() const override { return size_; }
  /// @throws DataError when an index is out of range.
  Batch get(at::IntArrayRef indices) const override;
  void get_into(at::IntArrayRef indices,
                TensorPool& pool,
                Batch& out) const override;

  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  at::Tensor gather(std::size_t i,
                    at::IntArrayRef indices,
                    TensorPool& pool) const;

  std::vector<at::Tensor> tensors_;
  std::vector<bool> direct_;
  int64_t size_ = 0;
};

/// A shared TensorDataset: `tensor_dataset({images, labels})`.
std::shared_ptr<TensorDataset> tensor_dataset(std::vector<at::Tensor> tensors);

/// Some examples of another dataset, in a given order.
class Subset : public Dataset {
 public:
  /// @throws DataError when an index is out of range.
  Subset(std::shared_ptr<const Dataset> dataset, std::vector<int64_t> indices);

  int64_t size() const override {
    return static_cast<int64_t>(indices_.size());
  }
  /// @throws DataError when an index is out of range.
  Batch get(at::IntArrayRef indices) const override;
  void get_into(at::IntArrayRef indices,
                TensorPool& pool,
                Batch& out) const override;
  std::vector<Example> examples(at::IntArrayRef indices) const override;

  const std::vector<int64_t>& indices() const { return indices_; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  std::vector<int64_t> indices_;
};

/// Cuts a dataset in two: the second has `rate` of the examples (0.2 = 20 %,
/// rounded to the nearest number), the first has the rest. Which ones depends
/// on the seed and the size only; both keep the order of the original.
/// @throws UsageError when rate is not in [0, 1].
std::pair<std::shared_ptr<Dataset>, std::shared_ptr<Dataset>> split(
    std::shared_ptr<const Dataset> dataset, double rate, uint64_t seed);

}  // namespace thexp
