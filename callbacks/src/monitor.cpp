#include "thexp/callbacks/monitor.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

Monitor::Monitor(std::string metric, Mode mode, double min_delta)
    : metric_(std::move(metric)), mode_(mode), min_delta_(min_delta) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  best_ = mode == Mode::kMin ? kInfinity : -kInfinity;
  previous_best_ = best_;
}

void Monitor::check(const Trainer& trainer) const {
  std::optional<Phase> phase = metric_phase(metric_);
  if (!phase || trainer.has_loader(*phase)) return;
  throw UsageError(fmt::format(
      "'{}' is watched, but there is no {} data; call add_loader in "
      "datasets(), or watch another metric",
      metric_, phase_name(*phase)));
}

Monitor::Verdict Monitor::look(const Trainer& trainer) {
  std::optional<double> value = trainer.fresh_metric(metric_);
  if (!value) return Verdict::kNoValue;
  current_ = *value;
  previous_best_ = best_;
  if (!improves(*value)) return Verdict::kNotImproved;
  best_ = *value;
  return Verdict::kImproved;
}

bool Monitor::improves(double value) const {
  return mode_ == Mode::kMin ? value < best_ - min_delta_
                             : value > best_ + min_delta_;
}

}  // namespace thexp
