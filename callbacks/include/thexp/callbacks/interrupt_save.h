#pragma once

#include <memory>

#include "thexp/trainer/callback.h"
#include "thexp/trainer/interrupts.h"

namespace thexp {

/// SIGINT (Ctrl-C), SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU: the step is
/// finished, a checkpoint saved, and training ends in order; --resume goes on
/// from there. An evaluation is broken off, and the resume repeats it. A second
/// signal ends the process at once (see InterruptGuard).
class InterruptSave : public Callback {
 public:
  int priority() const override { return kCommit; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;

 private:
  static void stop_if_noted(Trainer& trainer);

  std::unique_ptr<InterruptGuard> guard_;
};

}  // namespace thexp
