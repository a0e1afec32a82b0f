#include "thexp/callbacks/model_checkpoint.h"

#include <fmt/format.h>

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
  trainer.logger().info(fmt::format("{} improved from {:.4g} to {:.4g}",
                                    monitor_.metric(), monitor_.previous_best(),
                                    monitor_.best()));
  trainer.saver().mark_best(trainer.save_checkpoint());
}

}  // namespace thexp
