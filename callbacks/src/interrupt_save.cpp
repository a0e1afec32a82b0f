#include "thexp/callbacks/interrupt_save.h"

#include <fmt/format.h>
#include <string.h>

#include "thexp/framework/trainer.h"

namespace thexp {
namespace {

// Gradients that wait for their update are not in a checkpoint.
bool inside_window(const Trainer& trainer) {
  std::int64_t batch = trainer.progress().batch;
  return batch % *trainer.params().accumulate != 0 &&
         batch != trainer.batches_per_epoch();
}

}  // namespace

void InterruptSave::on_train_begin(Trainer&) {
  guard_.reset();  // one that an exception left here
  guard_ = std::make_unique<InterruptGuard>();
}

void InterruptSave::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  int number = noted_interrupt();
  if (number == 0 || trainer.stopping() || inside_window(trainer)) return;
  std::string name = strsignal(number);
  fs::path file = trainer.save_keypoint(Value::Dict{{"signal", name}});
  trainer.stop_train(fmt::format("{} (saved {})", name, file.string()));
}

void InterruptSave::on_train_end(Trainer&) { guard_.reset(); }

}  // namespace thexp
