#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>

#include "thexp/data/batch.h"

namespace thexp {

/// The batches of one epoch, one after another. May be destroyed at any time.
class BatchStream {
 public:
  virtual ~BatchStream();

  /// Puts the next batch into `batch`; false at the end. The old content of
  /// `batch` is let go first, so that its memory can be used again.
  /// @throws DataError when the batch cannot be loaded; the call after that
  /// goes on with the batch that follows.
  virtual bool next(Batch& batch) = 0;
};

/// One epoch as a range, for `for (const Batch& batch : source.epoch(3))`.
/// Leaving the loop early is safe. A batch may be kept by copying it.
class BatchRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = const Batch*;
    using reference = const Batch&;

    Iterator() = default;
    explicit Iterator(BatchRange* range) : range_(range) { ++*this; }
    reference operator*() const { return range_->batch_; }
    pointer operator->() const { return &range_->batch_; }
    Iterator& operator++() {
      if (!range_->stream_->next(range_->batch_)) range_ = nullptr;
      return *this;
    }
    bool operator==(const Iterator& other) const {
      return range_ == other.range_;
    }
    bool operator!=(const Iterator& other) const { return !(*this == other); }

   private:
    BatchRange* range_ = nullptr;
  };

  explicit BatchRange(std::unique_ptr<BatchStream> stream)
      : stream_(std::move(stream)) {}
  /// Loads the first batch that was not yet seen.
  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(); }

 private:
  std::unique_ptr<BatchStream> stream_;
  Batch batch_;
};

/// Gives one epoch of batches after another. Implemented by DataLoader and
/// DataBundler; implement it for data that is not a Dataset.
class BatchSource {
 public:
  virtual ~BatchSource();

  /// The batches of an epoch from `first_batch` on: equal to the tail of the
  /// whole epoch. Several streams may be open at once.
  /// @throws UsageError when a number is negative.
  virtual std::unique_ptr<BatchStream> stream(int64_t epoch,
                                              int64_t first_batch = 0) = 0;

  /// Batches in each epoch; none when endless or unknown.
  virtual std::optional<int64_t> batches() const = 0;

  /// Examples in each epoch; none when endless or unknown.
  virtual std::optional<int64_t> examples() const = 0;

  /// Examples in one batch (the last may be short).
  virtual int64_t batch_size_at(int64_t batch_index) const = 0;

  /// False where steps have no data set, see StepSource.
  virtual bool has_data() const { return true; }

  /// stream() as a range.
  BatchRange epoch(int64_t epoch, int64_t first_batch = 0) {
    return BatchRange(stream(epoch, first_batch));
  }
};

}  // namespace thexp
