#include "thexp/callbacks/timing_checkpoint.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

TimingCheckpoint::TimingCheckpoint(int64_t every_epochs)
    : every_epochs_(every_epochs) {
  if (every_epochs < 1) {
    throw UsageError(fmt::format(
        "TimingCheckpoint({}): at least every epoch, 1", every_epochs));
  }
}

void TimingCheckpoint::on_epoch_end(Trainer& trainer) {
  if (!trainer.run_plan().saves()) return;
  if (trainer.progress().epoch % every_epochs_ == 0) trainer.save_keypoint();
}

}  // namespace thexp
