#pragma once

#include <cstdint>

#include "thexp/trainer/phase.h"

namespace thexp {

/// Where training stands. Every counter counts what is *finished*: inside
/// `train_batch` they are therefore the zero-based indexes of the running
/// epoch, batch and step.
struct Progress {
  /// Finished epochs.
  int64_t epoch = 0;
  /// Finished batches of the running epoch.
  int64_t batch = 0;
  /// Finished training batches in all: the global step, counted once however
  /// many optimizers step in it.
  int64_t step = 0;
  /// Training examples seen in all.
  int64_t examples = 0;
};

/// Where an evaluation, a test or a prediction stands.
struct PhaseProgress {
  Phase phase = Phase::kEval;
  /// Finished batches, and examples in them.
  int64_t batch = 0;
  int64_t examples = 0;
  /// Batches in all.
  int64_t batches = 0;

  // Of the batch that is given to eval_batch() with this.
  bool is_first() const { return batch == 0; }
  bool is_last() const { return batch + 1 == batches; }
};

}  // namespace thexp
