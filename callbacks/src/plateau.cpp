#include "thexp/callbacks/plateau.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

Plateau::Plateau(PlateauOptions options)
    : MetricCallback({options.monitor(), options.mode(), options.min_delta()}),
      options_(std::move(options)) {
  if (!(options_.factor() > 0 && options_.factor() < 1)) {
    throw UsageError(fmt::format("Plateau: factor {} is outside of (0, 1)",
                                 options_.factor()));
  }
  if (options_.patience() < 0 || options_.cooldown() < 0) {
    throw UsageError(
        fmt::format("Plateau: patience {} and cooldown {} may not be negative",
                    options_.patience(), options_.cooldown()));
  }
  if (!(options_.min_lr() >= 0 && std::isfinite(options_.min_lr()))) {
    throw UsageError(fmt::format(
        "Plateau: min_lr {} must be finite and at least 0", options_.min_lr()));
  }
  keep("bad", bad_);
  keep("cooling", cooling_);
}

void Plateau::on_train_begin(Trainer& trainer) {
  MetricCallback::on_train_begin(trainer);
  if (!options_.optimizer().empty()) trainer.optimizer(options_.optimizer());
}

void Plateau::on_measured(Trainer& trainer, bool improved) {
  bad_ = improved ? 0 : bad_ + 1;
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  if (bad_ > options_.patience()) reduce(trainer);
}

void Plateau::reduce(Trainer& trainer) {
  bad_ = 0;
  cooling_ = options_.cooldown();
  for (const auto& slot : trainer.optimizers()) {
    bool driven =
        options_.optimizer().empty() || options_.optimizer() == slot->name();
    if (!driven) continue;
    if (!slot->rates().reduce(options_.factor(), options_.min_lr())) {
      continue;
    }
    trainer.logger().info(fmt::format("{} is on a plateau", monitor().metric()),
                          fmt::format("{} lr = {:.4g}", slot->name(),
                                      slot->learning_rates().front()));
  }
}

}  // namespace thexp
