#include "thexp/callbacks/monitor.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/trainer/phase_data.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

Monitor::Monitor(std::string metric, std::optional<Mode> mode, double min_delta)
    : metric_(std::move(metric)),
      mode_(mode.value_or(likely_mode(metric_))),
      is_stated_(mode.has_value()),
      min_delta_(min_delta) {
  set_mode(mode_);
  previous_best_ = best_;
  if (min_delta >= 0 && std::isfinite(min_delta)) return;
  throw UsageError(fmt::format(
      "'{}' is watched with min_delta {}: it must be finite and at least 0",
      metric_, min_delta));
}

// Before the first value.
void Monitor::set_mode(Mode mode) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  mode_ = mode;
  best_ = mode == Mode::kMin ? kInfinity : -kInfinity;
}

void Monitor::check(Trainer& trainer) {
  std::string why = why_never_measured(trainer, metric_);
  if (!why.empty()) {
    throw UsageError(fmt::format(
        "'{}' is watched, but {}; or watch another metric", metric_, why));
  }
  check_metric_name(trainer, metric_, "it is watched");
  auto registered = trainer.metric_mode(metric_);
  if (is_stated_ || !registered || *registered == mode_) return;
  // A run that goes on has the best so far, found in this direction.
  std::isfinite(best_) ? void(mode_ = *registered) : set_mode(*registered);
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
