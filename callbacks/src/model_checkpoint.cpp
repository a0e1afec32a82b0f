#include "thexp/callbacks/model_checkpoint.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

ModelCheckpoint::ModelCheckpoint(std::string monitor,
                                 std::optional<Mode> mode,
                                 int64_t keep)
    : MetricCallback({std::move(monitor), mode}),
      keep_(keep),
      best_(static_cast<std::size_t>(keep), this->monitor().mode()) {
  if (keep < 1) {
    throw UsageError(fmt::format(
        "ModelCheckpoint(…, keep={}): at least the best one, 1", keep));
  }
  this->keep("best_values", best_.kept());
}

void ModelCheckpoint::on_train_begin(Trainer& trainer) {
  MetricCallback::on_train_begin(trainer);
  best_.set_mode(monitor().mode());
  if (rule_added_) return;
  trainer.retain_best(keep_, monitor().metric(), monitor().mode());
  rule_added_ = true;
}

void ModelCheckpoint::on_measured(Trainer& trainer, bool improved) {
  if (best_.add(monitor().current())) trainer.request_checkpoint();
  if (!improved) return;
  say_improvement(trainer);
  trainer.mark_best();
}

void ModelCheckpoint::say_improvement(Trainer& trainer) const {
  std::string now, before;  // with the digits that tell them apart
  for (int digits = 4; now == before && digits <= 17; ++digits) {
    now = fmt::format("{:.{}g}", monitor().best(), digits);
    before = fmt::format("{:.{}g}", monitor().previous_best(), digits);
  }
  bool first = !std::isfinite(monitor().previous_best());
  trainer.logger().info(first ? monitor().metric() + " begins with " + now
                              : fmt::format("{} improved from {} to {}",
                                            monitor().metric(), before, now));
}

}  // namespace thexp
