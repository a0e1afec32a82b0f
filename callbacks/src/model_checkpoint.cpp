#include "thexp/callbacks/model_checkpoint.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

ModelCheckpoint::ModelCheckpoint(std::string monitor, Mode mode, int64_t keep)
    : monitor_(std::move(monitor), mode),
      keep_(keep),
      best_(static_cast<std::size_t>(keep), mode) {
  if (keep < 1) {
    throw UsageError(fmt::format(
        "ModelCheckpoint(…, keep={}): at least the best one, 1", keep));
  }
  this->keep("best", monitor_.best_value());
  this->keep("best_values", best_.kept());
  this->keep("seen", seen_);
}

void ModelCheckpoint::on_train_begin(Trainer& trainer) {
  monitor_.check(trainer);
  if (rule_added_) return;
  trainer.retain_best(keep_, monitor_.metric(), monitor_.mode());
  rule_added_ = true;
}

// The evaluation of an epoch that was missed comes after the last epoch's end.
void ModelCheckpoint::on_train_end(Trainer& trainer) { on_epoch_end(trainer); }

void ModelCheckpoint::on_epoch_end(Trainer& trainer) {
  if (seen_ == trainer.progress().step) return;
  Monitor::Verdict verdict = monitor_.look(trainer);
  if (verdict == Monitor::Verdict::kNoValue) return;
  seen_ = trainer.progress().step;
  if (best_.add(monitor_.current())) trainer.request_checkpoint();
  if (verdict != Monitor::Verdict::kImproved) return;
  say_improvement(trainer);
  trainer.mark_best();
}

void ModelCheckpoint::say_improvement(Trainer& trainer) const {
  std::string now, before;  // with the digits that tell them apart
  for (int digits = 4; now == before && digits <= 17; ++digits) {
    now = fmt::format("{:.{}g}", monitor_.best(), digits);
    before = fmt::format("{:.{}g}", monitor_.previous_best(), digits);
  }
  bool first = !std::isfinite(monitor_.previous_best());
  trainer.logger().info(first ? monitor_.metric() + " begins with " + now
                              : fmt::format("{} improved from {} to {}",
                                            monitor_.metric(), before, now));
}

}  // namespace thexp
