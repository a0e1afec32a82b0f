#include "thexp/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr double kPi = 3.14159265358979323846;

double blend(double start, double end, double weight) {
  return start * (1 - weight) + end * weight;
}

double half_cosine(double ratio) { return (1 - std::cos(kPi * ratio)) / 2; }

void require(bool holds, const std::string& schedule, const std::string& rule) {
  if (!holds) throw UsageError("Schedule::" + schedule + ": " + rule);
}

void require_above_zero(const char* schedule, const char* name, double value) {
  require(value > 0, schedule,
          std::string(name) + " must be above 0, not " + format_real(value));
}

void require_from_zero(const char* schedule, const char* name, double value) {
  require(value >= 0, schedule,
          std::string(name) + " must be 0 or more, not " + format_real(value));
}

// No rate, weight or factor is infinite or NaN.
void require_finite(
    const char* schedule,
    std::initializer_list<std::pair<const char*, double>> numbers) {
  for (const auto& [name, value] : numbers) {
    require(std::isfinite(value), schedule,
            std::string(name) + " must be a finite number, not " +
                format_real(value));
  }
}

// `weight` maps 0 .. 1 to the weight of `end`.
template <typename Weight>
Schedule between(const char* name,
                 double start,
                 double end,
                 double left,
                 double right,
                 Weight weight) {
  require_finite(name, {{"start", start}, {"end", end}});
  require(left <= right, name,
          "left must not be above right, but they are " + format_real(left) +
              " and " + format_real(right));
  return Schedule([=](double position) {
    // The ends are exact, without the rounding of any formula.
    if (position <= left) return start;
    if (position >= right) return end;
    return blend(start, end, weight((position - left) / (right - left)));
  });
}

template <typename Weight>
Schedule periodic(const char* name,
                  double start,
                  double end,
                  double left,
                  double period,
                  Weight weight) {
  require_finite(name, {{"start", start}, {"end", end}});
  require_above_zero(name, "period", period);
  return Schedule([=](double position) {
    if (position <= left) return start;
    double periods = (position - left) / period;
    return blend(start, end, weight(periods - std::floor(periods)));
  });
}

// `shape` maps position / length, within 0 and 1, to the value.
template <typename Shape>
Schedule ramp(const char* name, double length, Shape shape) {
  require_from_zero(name, "length", length);
  return Schedule([=](double position) {
    return shape(position < length ? std::max(position / length, 0.0) : 1.0);
  });
}

void require_one_cycle(const OneCycleOptions& options) {
  constexpr const char* kName = "one_cycle";
  require_finite(kName, {{"max", options.max()}});
  require(options.total_steps() >= 1, kName,
          "total_steps must be 1 or more, not " +
              std::to_string(options.total_steps()));
  require(options.pct_start() >= 0 && options.pct_start() <= 1, kName,
          "pct_start must be within 0 and 1, not " +
              format_real(options.pct_start()));
  require_above_zero(kName, "div_factor", options.div_factor());
  require_above_zero(kName, "final_div_factor", options.final_div_factor());
}

}  // namespace

Schedule::Schedule(Function function) : function_(std::move(function)) {
  if (!function_) throw UsageError("a Schedule needs a function");
}

Schedule Schedule::constant(double value) {
  require_finite("constant", {{"value", value}});
  return Schedule([value](double) { return value; });
}

Schedule Schedule::linear(double start, double end, double left, double right) {
  return between("linear", start, end, left, right,
                 [](double ratio) { return ratio; });
}

Schedule Schedule::cosine(double start, double end, double left, double right) {
  return between("cosine", start, end, left, right, half_cosine);
}

Schedule Schedule::exp(double start, double end, double left, double right) {
  return between("exp", start, end, left, right, [](double ratio) {
    return std::exp(5 * (ratio - 1)) - std::exp(-5.0) * (1 - ratio);
  });
}

Schedule Schedule::log(double start, double end, double left, double right) {
  return between("log", start, end, left, right, [](double ratio) {
    return 1 - std::exp(-5 * ratio) + std::exp(-5.0) * ratio;
  });
}

Schedule Schedule::power(double start, double steps, double rate, double end) {
  require_finite("power", {{"start", start}, {"end", end}});
  require_above_zero("power", "steps", steps);
  require_above_zero("power", "rate", rate);
  return Schedule([=](double position) {
    double value = start * std::pow(rate, std::max(position, 0.0) / steps);
    return end < start ? std::max(value, end) : std::min(value, end);
  });
}

Schedule Schedule::periodic_linear(double start,
                                   double end,
                                   double left,
                                   double period) {
  return periodic("periodic_linear", start, end, left, period,
                  [](double phase) { return phase; });
}

Schedule Schedule::periodic_triangle(double start,
                                     double end,
                                     double left,
                                     double period) {
  return periodic("periodic_triangle", start, end, left, period,
                  [](double phase) { return 1 - std::abs(1 - 2 * phase); });
}

Schedule Schedule::periodic_cosine(double start,
                                   double end,
                                   double left,
                                   double period) {
  return periodic("periodic_cosine", start, end, left, period,
                  [](double phase) { return half_cosine(2 * phase); });
}

Schedule Schedule::periodic_half_cosine(double start,
                                        double end,
                                        double left,
                                        double period) {
  return periodic("periodic_half_cosine", start, end, left, period,
                  half_cosine);
}

Schedule Schedule::list(std::vector<std::pair<double, Schedule>> parts) {
  require(!parts.empty(), "list", "there must be a schedule");
  for (const auto& part : parts) {
    require_finite("list", {{"a position", part.first}});
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    require(parts[i - 1].first < parts[i].first, "list",
            "positions must increase, but " + format_real(parts[i].first) +
                " follows " + format_real(parts[i - 1].first));
  }
  return Schedule([parts = std::move(parts)](double position) {
    std::size_t i = parts.size() - 1;
    while (i > 0 && position < parts[i].first) --i;
    return parts[i].second(position);
  });
}

Schedule Schedule::step(double base, double step_size, double gamma) {
  require_finite("step", {{"base", base}, {"gamma", gamma}});
  require_above_zero("step", "step_size", step_size);
  return Schedule([=](double position) {
    return base * std::pow(gamma, std::floor(position / step_size));
  });
}

Schedule Schedule::multi_step(double base,
                              std::vector<double> milestones,
                              double gamma) {
  require_finite("multi_step", {{"base", base}, {"gamma", gamma}});
  for (double milestone : milestones) {
    require_finite("multi_step", {{"a milestone", milestone}});
  }
  require(std::is_sorted(milestones.begin(), milestones.end()), "multi_step",
          "milestones must increase");
  return Schedule([=](double position) {
    auto reached =
        std::upper_bound(milestones.begin(), milestones.end(), position) -
        milestones.begin();
    return base * std::pow(gamma, static_cast<double>(reached));
  });
}

Schedule Schedule::exponential(double base, double gamma) {
  require_finite("exponential", {{"base", base}, {"gamma", gamma}});
  return Schedule(
      [=](double position) { return base * std::pow(gamma, position); });
}

Schedule Schedule::cosine_annealing(double base, double t_max, double eta_min) {
  require_finite("cosine_annealing", {{"base", base}, {"eta_min", eta_min}});
  require_above_zero("cosine_annealing", "t_max", t_max);
  return Schedule([=](double position) {
    return blend(base, eta_min, half_cosine(position / t_max));
  });
}

// As PyTorch's: where the share to rise in is less than a step, the peak lies
// before the first one, which then is on the way down already.
Schedule Schedule::one_cycle(const OneCycleOptions& options) {
  require_one_cycle(options);
  auto steps = static_cast<double>(options.total_steps());
  double last = steps - 1, peak = options.pct_start() * steps - 1;
  double first = options.max() / options.div_factor();
  double end = first / options.final_div_factor();
  Schedule rise = cosine(first, options.max(), 0, std::max(peak, 0.0));
  if (peak >= last) return last > 0 ? rise : constant(options.max());
  Schedule fall = cosine(options.max(), end, peak, last);
  return peak > 0 ? list({{0, rise}, {peak, fall}}) : fall;
}

Schedule Schedule::sigmoid_rampup(double length) {
  return ramp("sigmoid_rampup", length, [](double ratio) {
    return std::exp(-5 * (1 - ratio) * (1 - ratio));
  });
}

Schedule Schedule::linear_rampup(double length) {
  return ramp("linear_rampup", length, [](double ratio) { return ratio; });
}

Schedule Schedule::cosine_rampdown(double length) {
  return ramp("cosine_rampdown", length,
              [](double ratio) { return 1 - half_cosine(ratio); });
}

Schedule Schedule::warm_up(double length, double start_factor) const {
  require_from_zero("warm_up", "length", length);
  if (length == 0) return *this;
  return *this * linear(start_factor, 1, 0, length);
}

Schedule Schedule::then(Schedule next, double at) const {
  require_finite("then", {{"at", at}});
  return Schedule([first = *this, next = std::move(next), at](double position) {
    return position < at ? first(position) : next(position - at);
  });
}

Schedule Schedule::shifted(double by) const {
  require_finite("shifted", {{"by", by}});
  return Schedule([schedule = *this, by](double position) {
    return schedule(position - by);
  });
}

Schedule operator*(Schedule a, Schedule b) {
  return Schedule([a = std::move(a), b = std::move(b)](double position) {
    return a(position) * b(position);
  });
}

Schedule operator*(Schedule schedule, double factor) {
  return std::move(schedule) * Schedule::constant(factor);
}

Schedule operator*(double factor, Schedule schedule) {
  return std::move(schedule) * factor;
}

Schedule operator+(Schedule a, Schedule b) {
  return Schedule([a = std::move(a), b = std::move(b)](double position) {
    return a(position) + b(position);
  });
}

}  // namespace thexp
