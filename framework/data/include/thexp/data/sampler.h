#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace thexp {

/// The order of an epoch. Stateless: what stands at a position follows from
/// (epoch, position) alone, so that resuming and worker threads need nothing
/// else. Must be safe to call from several threads at once.
class Sampler {
 public:
  virtual ~Sampler();

  /// The number of positions in an epoch.
  virtual int64_t size() const = 0;

  /// Writes the indices at positions first … first+count-1, all < size().
  virtual void indices(int64_t epoch,
                       int64_t first,
                       int64_t count,
                       int64_t* out) const = 0;
};

/// 0, 1, … n-1 in every epoch.
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(int64_t n) : n_(n) {}
  int64_t size() const override { return n_; }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  int64_t n_;
};

/// Each of 0 … n-1 once, in another order each epoch: see Permutation.
class ShuffledSampler : public Sampler {
 public:
  ShuffledSampler(int64_t n, uint64_t seed) : n_(n), seed_(seed) {}
  int64_t size() const override { return n_; }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  int64_t n_;
  uint64_t seed_;
};

/// The given indices only; in the given order, or shuffled.
class SubsetSampler : public Sampler {
 public:
  /// In the given order.
  explicit SubsetSampler(std::vector<int64_t> indices);
  /// In another order each epoch.
  SubsetSampler(std::vector<int64_t> indices, uint64_t seed);
  int64_t size() const override {
    return static_cast<int64_t>(indices_.size());
  }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  std::vector<int64_t> indices_;
  std::unique_ptr<Sampler> order_;
};

/// Lets each row of a batch read on where it stopped in the batch before, for
/// models that carry a state over (truncated backpropagation through time):
/// 0 … n-1 is cut into `rows` parts, which are read beside each other in steps
/// of `step`. With a WindowDataset of `step` tokens, batches of `rows` and
/// without shuffling, batch i has the i-th window of every part.
class ContiguousSampler : public Sampler {
 public:
  /// @throws UsageError for a count below 1, and when n has no `step` for each
  /// row.
  ContiguousSampler(int64_t n, int64_t rows, int64_t step);
  int64_t size() const override { return rows_ * steps_; }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  int64_t rows_, step_;
  int64_t steps_;  // of a row
};

/// `count` draws an epoch, with replacement: index i with a probability in
/// proportion to weights[i].
class WeightedSampler : public Sampler {
 public:
  /// @throws UsageError when a weight is negative or not finite, when all are
  /// zero, or when count is negative.
  WeightedSampler(const std::vector<double>& weights,
                  int64_t count,
                  uint64_t seed);
  int64_t size() const override { return count_; }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  int64_t draw(uint64_t epoch_key, int64_t position) const;

  std::vector<double> cumulative_;
  int64_t count_;
  uint64_t seed_;
};

/// What happens to a remainder when `world` does not divide the positions.
enum class ShardRemainder {
  kRepeat,  ///< all ranks have equally many; the first positions fill up
  kKeep,    ///< every position exactly once; lower ranks may have one more
};

/// One rank's share of another order: positions rank, rank + world, …
class ShardedSampler : public Sampler {
 public:
  /// @throws UsageError unless 0 <= rank < world.
  ShardedSampler(std::shared_ptr<const Sampler> sampler,
                 int64_t rank,
                 int64_t world,
                 ShardRemainder remainder = ShardRemainder::kRepeat);
  int64_t size() const override { return size_; }
  void indices(int64_t epoch,
               int64_t first,
               int64_t count,
               int64_t* out) const override;

 private:
  std::shared_ptr<const Sampler> sampler_;
  int64_t rank_;
  int64_t world_;
  int64_t size_;
};

}  // namespace thexp
