#include "thexp/optim/schedule.h"

#include <algorithm>
#include <cmath>
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

// `weight` maps 0 .. 1 to the weight of `end`.
template <typename Weight>
Schedule between(const char* name,
                 double start,
                 double end,
                 double left,
                 double right,
                 Weight weight) {
  require(left < right, name,
          "left must be below right, not " + format_real(left) + " and " +
              format_real(right));
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
  require_above_zero(name, "length", length);
  return Schedule([=](double position) {
    return shape(std::clamp(position / length, 0.0, 1.0));
  });
}

}  // namespace

Schedule::Schedule(Function function) : function_(std::move(function)) {
  if (!function_) throw UsageError("a Schedule needs a function");
}

Schedule Schedule::constant(double value) {
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
  require_above_zero("step", "step_size", step_size);
  return Schedule([=](double position) {
    return base * std::pow(gamma, std::floor(position / step_size));
  });
}

Schedule Schedule::multi_step(double base,
                              std::vector<double> milestones,
                              double gamma) {
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
  return Schedule(
      [=](double position) { return base * std::pow(gamma, position); });
}

Schedule Schedule::cosine_annealing(double base, double t_max, double eta_min) {
  require_above_zero("cosine_annealing", "t_max", t_max);
  return Schedule([=](double position) {
    return blend(base, eta_min, half_cosine(position / t_max));
  });
}

Schedule Schedule::one_cycle(const OneCycleOptions& options) {
  require(options.total_steps() >= 2, "one_cycle",
          "total_steps must be 2 or more, not " +
              std::to_string(options.total_steps()));
  auto last = static_cast<double>(options.total_steps() - 1);
  double peak =
      options.pct_start() * static_cast<double>(options.total_steps()) - 1;
  require(peak > 0 && peak < last, "one_cycle",
          "pct_start " + format_real(options.pct_start()) + " of " +
              std::to_string(options.total_steps()) +
              " steps leaves no step to rise or to fall");
  require_above_zero("one_cycle", "div_factor", options.div_factor());
  require_above_zero("one_cycle", "final_div_factor",
                     options.final_div_factor());
  double first = options.max() / options.div_factor();
  return list({{0, cosine(first, options.max(), 0, peak)},
               {peak, cosine(options.max(), first / options.final_div_factor(),
                             peak, last)}});
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
  require_above_zero("warm_up", "length", length);
  return *this * linear(start_factor, 1, 0, length);
}

Schedule Schedule::then(Schedule next, double at) const {
  return Schedule([first = *this, next = std::move(next), at](double position) {
    return position < at ? first(position) : next(position - at);
  });
}

Schedule Schedule::shifted(double by) const {
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
