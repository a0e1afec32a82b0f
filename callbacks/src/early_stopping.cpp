#include "thexp/callbacks/early_stopping.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/base/plural.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : MetricCallback({options.monitor(), options.mode(), options.min_delta()}),
      options_(std::move(options)) {
  if (options_.patience() < 1) {
    throw UsageError(fmt::format("EarlyStopping: patience {} is below 1",
                                 options_.patience()));
  }
  keep("waited", waited_);
}

// A run that was killed after the decision stops again. A call of train() after
// a stop goes on, as does a run with other parameters or more epochs.
void EarlyStopping::on_train_begin(Trainer& trainer) {
  MetricCallback::on_train_begin(trainer);
  bool over = waited_ >= options_.patience();
  bool anew = trainer.run_plan().decides_anew();
  if (stopped_ || (over && anew)) waited_ = 0;
  stopped_ = false;
  if (waited_ >= options_.patience()) stop(trainer);
}

void EarlyStopping::on_measured(Trainer& trainer, bool improved) {
  waited_ = improved ? 0 : waited_ + 1;
  if (waited_ >= options_.patience()) stop(trainer);
}

void EarlyStopping::stop(Trainer& trainer) {
  stopped_ = true;
  trainer.stop_train(
      fmt::format("early stopping: {} did not improve on {:.4g} for {}",
                  monitor().metric(), best(), plural(waited_, "evaluation")));
}

void EarlyStopping::load_state(const State& state) {
  MetricCallback::load_state(state);
  stopped_ = false;
}

}  // namespace thexp
