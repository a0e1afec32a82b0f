#include "thexp/callbacks/interrupt_save.h"

#include <string.h>

#include <string>

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
  int number = noted_interrupt();
  if (number == 0) return;
  trainer.interrupt(std::string("SIG") + sigabbrev_np(number));
}

void InterruptSave::on_train_end(Trainer&) { guard_.reset(); }

}  // namespace thexp
