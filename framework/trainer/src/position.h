#pragma once

#include <cstdint>

#include "thexp/state/kept_members.h"
#include "thexp/trainer/progress.h"

namespace thexp {

/// Where training stands: the counters, and whether a step and an epoch are
/// open.
class Position {
 public:
  const Progress& progress() const { return progress_; }

  /// An epoch was begun and is not finished yet.
  bool in_epoch() const { return in_epoch_; }
  void begin_epoch() { in_epoch_ = true; }

  /// A batch is over.
  void count_batch(int64_t examples) {
    ++progress_.batch;
    ++progress_.step;
    progress_.examples += examples;
    epoch_examples_ += examples;
    offset_ = 0;
  }

  /// A step is counted, and what follows on it (an evaluation, say) is still to
  /// come. One that is interrupted there goes on with it.
  bool step_is_open() const { return step_open_; }
  void set_step_open(bool open) { step_open_ = open; }

  void finish_epoch() {
    ++progress_.epoch;
    progress_.batch = 0;
    epoch_examples_ = 0;
    offset_ = 0;
    in_epoch_ = false;
  }

  /// Examples of the running epoch that were trained.
  int64_t epoch_examples() const { return epoch_examples_; }
  /// Those of the next batch among them, where the epoch began with batches of
  /// another size.
  int64_t offset() const { return offset_; }
  /// The same example, in batches of another size.
  void move_to(int64_t batch, int64_t offset) {
    progress_.batch = batch;
    offset_ = offset;
  }

  /// on_train_end ran, and nothing was trained since.
  bool has_ended() const { return ended_; }
  void set_ended(bool ended) { ended_ = ended; }

  void keep_counters(KeptMembers& kept) {
    kept.add("epoch", progress_.epoch);
    kept.add("batch", progress_.batch);
    kept.add("step", progress_.step);
    kept.add("examples", progress_.examples);
    kept.add("epoch_examples", epoch_examples_);
    kept.add("batch_offset", offset_);
  }

  void keep_flags(KeptMembers& kept) {
    kept.add("epoch_open", in_epoch_);
    kept.add("step_open", step_open_);
    kept.add("ended", ended_);
  }

 private:
  Progress progress_;
  int64_t epoch_examples_ = 0;
  int64_t offset_ = 0;
  bool in_epoch_ = false;
  bool step_open_ = false;
  bool ended_ = false;
};

}  // namespace thexp
