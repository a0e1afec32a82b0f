#pragma once

#include <cstdint>

#include "thexp/state/async_saver.h"
#include "thexp/trainer/callback.h"

namespace thexp {

/// When an exception in the middle of a batch ends training, saves a keypoint
/// of the last whole step, with the exception's text beside it. What the broken
/// batch did to the models (what it froze included), the optimizers, the random
/// numbers and the trainer's kept members is not in it.
///
/// The price is a copy of all these before every batch, on the device where
/// they live (no wait for it), and the memory for one.
class ExceptionSave : public Callback {
 public:
  /// The first one: the others' hooks are part of the batch.
  int priority() const override { return kFirst; }
  bool only_once() const override { return true; }
  void on_batch_begin(Trainer& trainer, const Batch& batch) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_failure(Trainer& trainer, const std::exception& error) override;

 private:
  StateBuffer buffer_{StateBuffer::Place::kSame};
  const State* before_ = nullptr;  // the batch that began last
  int64_t begun_step_ = -1;        // that batch's; -1 = none
};

}  // namespace thexp
