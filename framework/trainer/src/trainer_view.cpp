#include "thexp/trainer/trainer_view.h"

#include <utility>

#include "thexp/trainer/weight_averages.h"
#include "trainer_impl.h"

namespace thexp {

TrainerView::TrainerView(std::unique_ptr<TrainerImpl> impl)
    : impl_(std::move(impl)) {}

TrainerView::~TrainerView() = default;

TrainerParams& TrainerView::params() const { return impl_->params; }
const RunPlan& TrainerView::run_plan() const { return impl_->plan; }
const Progress& TrainerView::progress() const {
  return impl_->position.progress();
}
at::Device TrainerView::device() const { return impl_->plan.device(); }
bool TrainerView::resumed() const { return impl_->beginning.continues(); }
int64_t TrainerView::begun_epoch() const { return impl_->beginning.epoch(); }

int64_t TrainerView::epochs_wanted() const {
  const Until until = impl_->plan.until();
  bool has_data = has_loader(Phase::kTrain);
  if (!has_data) return until.counts_epochs() ? until.epochs : 0;
  return until.epochs_begun(batches_per_epoch());
}

std::optional<int64_t> TrainerView::steps_wanted() const {
  return impl_->plan.until().steps_in_all(batches_per_epoch());
}

std::optional<int64_t> TrainerView::batches_per_epoch() const {
  if (!impl_->loaders.has_end(Phase::kTrain)) return std::nullopt;
  return impl_->loaders.batches(Phase::kTrain);
}

bool TrainerView::has_loader(Phase phase) const {
  return impl_->loaders.has(phase);
}
BatchSource& TrainerView::loader(Phase phase) const {
  return impl_->loaders.at(phase);
}
const std::vector<TrainerView::NamedModule>& TrainerView::named_models() const {
  return impl_->registry.models();
}
const std::vector<std::unique_ptr<OptimizerSlot>>& TrainerView::optimizers()
    const {
  return impl_->registry.optimizers();
}
OptimizerSlot& TrainerView::optimizer(const std::string& name) const {
  return impl_->registry.optimizer(name);
}

const AvgMeter& TrainerView::train_meter() const {
  return impl_->metrics.of(Phase::kTrain);
}
const AvgMeter& TrainerView::eval_meter() const {
  return impl_->metrics.of(Phase::kEval);
}
const AvgMeter& TrainerView::test_meter() const {
  return impl_->metrics.of(Phase::kTest);
}
std::optional<std::vector<std::string>> TrainerView::metric_names(
    Phase phase) const {
  return impl_->metrics.names(phase);
}
bool TrainerView::may_gain_metrics(Phase phase) const {
  Hook hook = phase == Phase::kTest ? kTestEnd : kEvalEnd;
  return impl_->callbacks.has_between(hook, Callback::kEvaluate,
                                      Callback::kMonitor);
}
std::vector<std::pair<std::string, double>> TrainerView::metrics() const {
  return impl_->metrics.all();
}
double TrainerView::metric(const std::string& name) const {
  return impl_->metrics.value(name);
}
std::optional<double> TrainerView::fresh_metric(const std::string& name) const {
  return impl_->metrics.fresh(name);
}

bool TrainerView::is_sanity_check() const {
  return impl_->evaluation.is_trying_out();
}

bool TrainerView::stopping() const { return impl_->stop.ends_training(); }
bool TrainerView::interrupted() const { return impl_->stop.interrupted(); }
std::string TrainerView::stop_reason() const { return impl_->stop.reason(); }

bool TrainerView::at_epoch_end() const {
  return impl_->point == Point::kEpochHooks ||
         impl_->point == Point::kEpochCommit;
}

bool TrainerView::at_step_end() const {
  return impl_->point == Point::kStepHooks;
}
bool TrainerView::ends_epoch() const { return impl_->loop.is_epoch_over(); }
bool TrainerView::is_trained() const {
  bool is_done = !impl_->plan.until().wants_more(progress());
  return is_done && impl_->loop.is_at_end();
}

std::vector<Callback*> TrainerView::all_callbacks() const {
  return impl_->callbacks.all();
}

bool TrainerView::has_run() const { return impl_->recorder.is_open(); }

std::optional<Mode> TrainerView::metric_mode(const std::string& name) const {
  return impl_->metric_set.mode_of(name);
}

TrainResult TrainerView::result() const { return impl_->loop.result(); }

bool TrainerView::sees_averages() const {
  for (Callback* callback : all_callbacks()) {
    auto* averages = dynamic_cast<const WeightAverages*>(callback);
    if (averages != nullptr && averages->are_in_models()) return true;
  }
  return false;
}

}  // namespace thexp
