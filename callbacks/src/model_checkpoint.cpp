#include "thexp/callbacks/model_checkpoint.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/framework/trainer.h"

namespace thexp {

ModelCheckpoint::ModelCheckpoint(std::string monitor, Mode mode)
    : monitor_(std::move(monitor), mode) {
  keep("best", monitor_.best_value());
}

void ModelCheckpoint::on_train_begin(Trainer& trainer) {
  monitor_.check(trainer);
}

// The evaluation of an epoch that was missed comes after the last epoch's end.
void ModelCheckpoint::on_train_end(Trainer& trainer) { on_epoch_end(trainer); }

void ModelCheckpoint::on_epoch_end(Trainer& trainer) {
  if (monitor_.look(trainer) != Monitor::Verdict::kImproved) return;
  std::string now = fmt::format("{:.4g}", monitor_.best());
  std::string before = fmt::format("{:.4g}", monitor_.previous_best());
  bool first = !std::isfinite(monitor_.previous_best());
  trainer.logger().info(first ? monitor_.metric() + " begins with " + now
                              : fmt::format("{} improved from {} to {}",
                                            monitor_.metric(), before, now));
  trainer.mark_best();
}

}  // namespace thexp
