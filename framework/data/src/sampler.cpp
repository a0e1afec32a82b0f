#include "thexp/data/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/data/permutation.h"
#include "thexp/data/random_stream.h"

namespace thexp {
namespace {

// Each use of a seed has a tag of its own, so that none repeats another.
constexpr uint64_t kShuffleTag = 0x73'6875'6666'6c65ULL;     // "shuffle"
constexpr uint64_t kWeightedTag = 0x7765'6967'6874'6564ULL;  // "weighted"

uint64_t epoch_key(uint64_t seed, uint64_t tag, int64_t epoch) {
  return combine64(combine64(seed, tag), static_cast<uint64_t>(epoch));
}

std::vector<double> cumulated(const std::vector<double>& weights) {
  std::vector<double> sums;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i])) {
      throw UsageError(fmt::format(
          "WeightedSampler: weight {} is {}; weights must be finite and not "
          "negative",
          i, weights[i]));
    }
    sums.push_back(sum += weights[i]);
  }
  if (!(sum > 0) || !std::isfinite(sum)) {
    throw UsageError(fmt::format(
        "WeightedSampler: the {} weights add up to {}; needed is a finite sum "
        "above 0",
        weights.size(), sum));
  }
  return sums;
}

}  // namespace

Sampler::~Sampler() = default;

void SequentialSampler::indices(int64_t,
                                int64_t first,
                                int64_t count,
                                int64_t* out) const {
  std::iota(out, out + count, first);
}

void ShuffledSampler::indices(int64_t epoch,
                              int64_t first,
                              int64_t count,
                              int64_t* out) const {
  Permutation(static_cast<uint64_t>(n_), epoch_key(seed_, kShuffleTag, epoch))
      .fill(static_cast<uint64_t>(first), static_cast<uint64_t>(count), out);
}

SubsetSampler::SubsetSampler(std::vector<int64_t> indices)
    : indices_(std::move(indices)),
      order_(std::make_unique<SequentialSampler>(size())) {}

SubsetSampler::SubsetSampler(std::vector<int64_t> indices, uint64_t seed)
    : indices_(std::move(indices)),
      order_(std::make_unique<ShuffledSampler>(size(), seed)) {}

void SubsetSampler::indices(int64_t epoch,
                            int64_t first,
                            int64_t count,
                            int64_t* out) const {
  order_->indices(epoch, first, count, out);
  std::transform(out, out + count, out, [this](int64_t at) {
    return indices_[static_cast<std::size_t>(at)];
  });
}

ContiguousSampler::ContiguousSampler(int64_t n, int64_t rows, int64_t step)
    : rows_(rows), step_(step), steps_(0) {
  if (rows < 1 || step < 1 || n / rows < step) {
    throw UsageError(fmt::format(
        "ContiguousSampler({}, {}, {}): each row needs a step of its own", n,
        rows, step));
  }
  steps_ = n / rows / step;
}

void ContiguousSampler::indices(int64_t,
                                int64_t first,
                                int64_t count,
                                int64_t* out) const {
  for (int64_t position = first; position < first + count; ++position) {
    int64_t row = position % rows_, at = position / rows_;
    *out++ = (row * steps_ + at) * step_;
  }
}

WeightedSampler::WeightedSampler(const std::vector<double>& weights,
                                 int64_t count,
                                 uint64_t seed)
    : cumulative_(cumulated(weights)), count_(count), seed_(seed) {
  if (count < 0) {
    throw UsageError(
        fmt::format("WeightedSampler: {} draws; needed is 0 or more", count));
  }
}

void WeightedSampler::indices(int64_t epoch,
                              int64_t first,
                              int64_t count,
                              int64_t* out) const {
  const uint64_t key = epoch_key(seed_, kWeightedTag, epoch);
  for (int64_t i = 0; i < count; ++i) out[i] = draw(key, first + i);
}

int64_t WeightedSampler::draw(uint64_t epoch_key, int64_t position) const {
  RandomStream random(combine64(epoch_key, static_cast<uint64_t>(position)));
  const double at = random.uniform() * cumulative_.back();
  auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  // Rounding can make `at` the whole sum: then the last index with a weight.
  if (found == cumulative_.end()) {
    found = std::lower_bound(cumulative_.begin(), cumulative_.end(),
                             cumulative_.back());
  }
  return found - cumulative_.begin();
}

ShardedSampler::ShardedSampler(std::shared_ptr<const Sampler> sampler,
                               int64_t rank,
                               int64_t world,
                               ShardRemainder remainder)
    : sampler_(std::move(sampler)), rank_(rank), world_(world) {
  if (world < 1 || rank < 0 || rank >= world) {
    throw UsageError(
        fmt::format("shard: rank {} of world {}; needed is 0 <= rank < world",
                    rank, world));
  }
  const int64_t all = sampler_->size();
  const int64_t extra = remainder == ShardRemainder::kRepeat ? 0 : rank;
  size_ = all <= extra ? 0 : (all - extra - 1) / world + 1;
}

void ShardedSampler::indices(int64_t epoch,
                             int64_t first,
                             int64_t count,
                             int64_t* out) const {
  if (world_ == 1) return sampler_->indices(epoch, first, count, out);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t position = rank_ + world_ * (first + i);
    sampler_->indices(epoch, position % sampler_->size(), 1, out + i);
  }
}

}  // namespace thexp
