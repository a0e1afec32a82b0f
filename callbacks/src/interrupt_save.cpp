#include "thexp/callbacks/interrupt_save.h"

#include "thexp/trainer/trainer.h"

namespace thexp {
void InterruptSave::on_train_begin(Trainer&) {
  guard_.reset();  // one that an exception left here
  guard_ = std::make_unique<InterruptGuard>();
}

void InterruptSave::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  stop_if_noted(trainer);
}

// One that came during an evaluation.
void InterruptSave::on_epoch_end(Trainer& trainer) { stop_if_noted(trainer); }

// The trainer saves what no checkpoint holds yet when it stops.
void InterruptSave::stop_if_noted(Trainer& trainer) {
  if (noted_interrupt() != 0) trainer.interrupt(interrupt_name());
}

void InterruptSave::on_train_end(Trainer&) { guard_.reset(); }

}  // namespace thexp
