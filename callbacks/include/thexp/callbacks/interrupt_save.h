#pragma once

#include <memory>

#include "thexp/framework/callback.h"
#include "thexp/framework/interrupts.h"

namespace thexp {

/// SIGINT (Ctrl-C) and SIGTERM: the step is finished (with `accumulate`, the
/// window), a keypoint saved, and training ends in order. The same signal again
/// ends the process at once.
class InterruptSave : public Callback {
 public:
  int priority() const override { return kCommit; }
  void on_train_begin(Trainer& trainer) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_train_end(Trainer& trainer) override;

 private:
  std::unique_ptr<InterruptGuard> guard_;
};

}  // namespace thexp
