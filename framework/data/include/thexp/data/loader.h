#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "thexp/data/batch_source.h"
#include "thexp/data/dataset.h"
#include "thexp/data/random_stream.h"
#include "thexp/data/sampler.h"

namespace thexp {

/// What a transform knows about its batch.
class BatchContext {
 public:
  BatchContext(uint64_t seed,
               int64_t epoch,
               int64_t batch_index,
               at::IntArrayRef samples)
      : seed_(seed),
        epoch_(epoch),
        batch_index_(batch_index),
        samples_(samples) {}

  int64_t epoch() const { return epoch_; }
  int64_t batch_index() const { return batch_index_; }
  /// The dataset's indices of the examples in the batch, in order.
  at::IntArrayRef samples() const { return samples_; }

  /// The random numbers of the i-th example of the batch: a function of
  /// (seed, epoch, sample) alone.
  /// @throws UsageError when the batch has fewer examples.
  RandomStream random(int64_t i) const;

 private:
  uint64_t seed_;
  int64_t epoch_;
  int64_t batch_index_;
  at::IntArrayRef samples_;
};

/// Changes a loaded batch (augmentation). Runs on the worker threads, several
/// at once; draws its random numbers from the context only.
using Transform =
    std::function<Batch(Batch batch, const BatchContext& context)>;

/// How a DataLoader goes through its dataset.
class LoaderOptions {
 public:
  /// Examples in a batch, at least 1. Default 32.
  LoaderOptions& batch_size(int64_t value);
  int64_t batch_size() const { return batch_size_; }

  /// Another order each epoch. Default: the dataset's order.
  LoaderOptions& shuffle(bool value);
  bool shuffle() const { return shuffle_; }

  /// Leaves out a last batch that is not full. Default false.
  LoaderOptions& drop_last(bool value);
  bool drop_last() const { return drop_last_; }

  /// Threads that load ahead, at most 4096; 0 (default) loads when next() is
  /// called.
  LoaderOptions& workers(int64_t value);
  int64_t workers() const { return workers_; }

  /// Batches that each worker may be ahead, 1 to 65536. Default 2.
  LoaderOptions& prefetch(int64_t value);
  int64_t prefetch() const { return prefetch_; }

  /// Page-locked memory, for asynchronous copies to a GPU; without CUDA it has
  /// no effect. Default: false, and true in a Trainer whose device is CUDA.
  LoaderOptions& pin_memory(bool value);
  std::optional<bool> pin_memory() const { return pin_memory_; }

  /// Determines the order and the transform's random numbers. Default 0.
  LoaderOptions& seed(uint64_t value);
  uint64_t seed() const { return seed_.value_or(0); }
  bool has_seed() const { return seed_.has_value(); }

  /// Another order than the dataset's or the shuffled one.
  LoaderOptions& sampler(std::shared_ptr<const Sampler> value);
  const std::shared_ptr<const Sampler>& sampler() const { return sampler_; }

  /// Takes one rank's share of the order. Default: all of it.
  LoaderOptions& shard(int64_t rank,
                       int64_t world,
                       ShardRemainder remainder = ShardRemainder::kRepeat);
  int64_t rank() const { return rank_; }
  int64_t world() const { return world_; }
  ShardRemainder shard_remainder() const { return remainder_; }

  /// Makes a batch of examples, e.g. one that pads them. Default: stacking.
  LoaderOptions& collate(Collate value);
  const Collate& collate() const { return collate_; }

  /// Changes each batch after it was made. Default: none.
  LoaderOptions& transform(Transform value);
  const Transform& transform() const { return transform_; }

 private:
  int64_t batch_size_ = 32;
  bool shuffle_ = false;
  bool drop_last_ = false;
  int64_t workers_ = 0;
  int64_t prefetch_ = 2;
  std::optional<bool> pin_memory_;
  std::optional<uint64_t> seed_;
  std::shared_ptr<const Sampler> sampler_;
  int64_t rank_ = 0;
  int64_t world_ = 1;
  ShardRemainder remainder_ = ShardRemainder::kRepeat;
  Collate collate_;
  Transform transform_;
};

/// Batches of a dataset. The sequence of batches is a function of (dataset,
/// options without workers and prefetch, epoch): bit-equal for any number of
/// workers, and independent of LibTorch's random numbers. Worker threads start
/// with the first stream and are kept until the loader is gone.
class DataLoader : public BatchSource {
 public:
  /// @throws UsageError when an option is out of its range, when shuffle and
  /// sampler are both given, or the dataset is null.
  explicit DataLoader(std::shared_ptr<const Dataset> dataset,
                      LoaderOptions options = {});
  ~DataLoader() override;

  /// Constant time in `first_batch`.
  std::unique_ptr<BatchStream> stream(int64_t epoch,
                                      int64_t first_batch = 0) override;
  std::optional<int64_t> batches() const override;
  std::optional<int64_t> examples() const override;
  int64_t batch_size_at(int64_t batch_index) const override;

  const Dataset& dataset() const;
  const LoaderOptions& options() const;
  const Sampler& sampler() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace thexp
