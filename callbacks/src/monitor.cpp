#include "thexp/callbacks/monitor.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/trainer/phase_data.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

Monitor::Monitor(std::string metric, Mode mode, double min_delta)
    : metric_(std::move(metric)), mode_(mode), min_delta_(min_delta) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  best_ = mode == Mode::kMin ? kInfinity : -kInfinity;
  previous_best_ = best_;
  if (min_delta >= 0 && std::isfinite(min_delta)) return;
  throw UsageError(fmt::format(
      "'{}' is watched with min_delta {}: it must be finite and at least 0",
      metric_, min_delta));
}

void Monitor::check(const Trainer& trainer) const {
  std::string why = why_never_measured(trainer, metric_);
  if (why.empty()) return;
  throw UsageError(fmt::format(
      "'{}' is watched, but {}; or watch another metric", metric_, why));
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
  bool is_enough = mode_ == Mode::kMin ? value < best_ - min_delta_
                                       : value > best_ + min_delta_;
  return is_enough && is_better(value, best_, mode_);
}

}  // namespace thexp
