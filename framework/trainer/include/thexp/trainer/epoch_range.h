#pragma once

#include <cstdint>

namespace thexp {

class Trainer;

/// The numbers of epochs, for a range-based for: what Trainer::epochs() gives.
class EpochRange {
 public:
  class Iterator {
   public:
    Iterator(const Trainer* trainer, int64_t epoch, int64_t end)
        : trainer_(trainer), epoch_(epoch), end_(end) {}
    int64_t operator*() const { return epoch_; }
    /// To the end when training was stopped.
    Iterator& operator++();
    bool operator!=(const Iterator& other) const {
      return epoch_ != other.epoch_;
    }

   private:
    const Trainer* trainer_;
    int64_t epoch_;
    int64_t end_;
  };

  /// From `first` to before `end`.
  EpochRange(const Trainer& trainer, int64_t first, int64_t end)
      : trainer_(&trainer), first_(first), end_(end) {}

  Iterator begin() const { return {trainer_, first_, end_}; }
  Iterator end() const { return {trainer_, end_, end_}; }

 private:
  const Trainer* trainer_;
  int64_t first_;
  int64_t end_;
};

}  // namespace thexp
