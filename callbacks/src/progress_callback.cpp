#include "thexp/callbacks/progress_callback.h"

#include <fmt/format.h>

#include "thexp/tracking/progress_text.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

// Also where training goes on in the middle of an epoch.
void ProgressCallback::on_train_begin(Trainer& trainer) {
  on_epoch_begin(trainer);
}

void ProgressCallback::on_epoch_begin(Trainer& trainer) {
  begin_ = std::chrono::steady_clock::now();
  first_batch_ = trainer.progress().batch;
  first_example_ = trainer.progress().examples;
  last_batch_ = trainer.batches_per_epoch();
}

void ProgressCallback::on_batch_end(Trainer& trainer,
                                    const Batch&,
                                    const Meter&) {
  // The epoch's last frame is what stays on the terminal.
  Logger& logger = trainer.logger();
  bool last = trainer.progress().batch == last_batch_;
  if (!logger.wants_frame() && !(last && logger.enabled(Level::kInfo))) return;
  trainer.logger().inline_line(frame(trainer));
}

std::string ProgressCallback::frame(const Trainer& trainer) const {
  const Progress& at = trainer.progress();
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - begin_;
  double done = static_cast<double>(at.batch - first_batch_);
  double left = static_cast<double>(trainer.batches_per_epoch() - at.batch);
  ProgressText text;
  text.position(at.batch)
      .total(trainer.batches_per_epoch())
      .meters(trainer.train_meter().to_string())
      .rate(static_cast<double>(at.examples - first_example_) / elapsed.count())
      .elapsed(elapsed);
  if (done > 0) text.remaining(elapsed * (left / done));
  return fmt::format("epoch {}/{} | {}", at.epoch + 1, trainer.epochs_wanted(),
                     text.to_string());
}

}  // namespace thexp
