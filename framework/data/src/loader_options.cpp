#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/data/loader.h"

namespace thexp {
namespace {

int64_t at_least(int64_t least, int64_t value, const char* name) {
  if (value >= least) return value;
  throw UsageError(fmt::format("LoaderOptions::{}({}) must be at least {}",
                               name, value, least));
}

// More threads or batches ahead than any machine has use for.
constexpr int64_t kMostWorkers = 4096, kMostPrefetch = 65536;

int64_t between(int64_t least, int64_t most, int64_t value, const char* name) {
  if (at_least(least, value, name) <= most) return value;
  throw UsageError(fmt::format("LoaderOptions::{}({}) must be at most {}", name,
                               value, most));
}

}  // namespace

RandomStream BatchContext::random(int64_t i) const {
  if (i < 0 || i >= static_cast<int64_t>(samples_.size())) {
    throw UsageError(
        fmt::format("BatchContext::random({}): the batch has {} examples", i,
                    samples_.size()));
  }
  return RandomStream::of_sample(seed_, epoch_,
                                 samples_[static_cast<std::size_t>(i)]);
}

LoaderOptions& LoaderOptions::batch_size(int64_t value) {
  batch_size_ = at_least(1, value, "batch_size");
  return *this;
}

LoaderOptions& LoaderOptions::shuffle(bool value) {
  shuffle_ = value;
  return *this;
}

LoaderOptions& LoaderOptions::drop_last(bool value) {
  drop_last_ = value;
  return *this;
}

LoaderOptions& LoaderOptions::workers(int64_t value) {
  workers_ = between(0, kMostWorkers, value, "workers");
  return *this;
}

LoaderOptions& LoaderOptions::prefetch(int64_t value) {
  prefetch_ = between(1, kMostPrefetch, value, "prefetch");
  return *this;
}

LoaderOptions& LoaderOptions::pin_memory(bool value) {
  pin_memory_ = value;
  return *this;
}

LoaderOptions& LoaderOptions::seed(uint64_t value) {
  seed_ = value;
  return *this;
}

LoaderOptions& LoaderOptions::sampler(std::shared_ptr<const Sampler> value) {
  sampler_ = std::move(value);
  return *this;
}

LoaderOptions& LoaderOptions::shard(int64_t rank,
                                    int64_t world,
                                    ShardRemainder remainder) {
  world_ = at_least(1, world, "shard world");
  rank_ = at_least(0, rank, "shard rank");
  remainder_ = remainder;
  return *this;
}

LoaderOptions& LoaderOptions::collate(Collate value) {
  collate_ = std::move(value);
  return *this;
}

LoaderOptions& LoaderOptions::transform(Transform value) {
  transform_ = std::move(value);
  return *this;
}

}  // namespace thexp
