#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace thexp {

/// The options of Schedule::one_cycle(), with PyTorch's defaults.
class OneCycleOptions {
 public:
  OneCycleOptions(double max, int64_t total_steps)
      : max_(max), total_steps_(total_steps) {}

  /// The share of the steps in which the value rises.
  OneCycleOptions& pct_start(double share) {
    pct_start_ = share;
    return *this;
  }
  /// The first value is max / div_factor.
  OneCycleOptions& div_factor(double factor) {
    div_factor_ = factor;
    return *this;
  }
  /// The last value is the first / final_div_factor.
  OneCycleOptions& final_div_factor(double factor) {
    final_div_factor_ = factor;
    return *this;
  }

  double max() const { return max_; }
  int64_t total_steps() const { return total_steps_; }
  double pct_start() const { return pct_start_; }
  double div_factor() const { return div_factor_; }
  double final_div_factor() const { return final_div_factor_; }

 private:
  double max_;
  int64_t total_steps_;
  double pct_start_ = 0.3;
  double div_factor_ = 25;
  double final_div_factor_ = 1e4;
};

/// A number as a function of a position (an epoch, a step, a share of either,
/// counted from 0): a learning rate, a loss weight, a dropout rate. Pure: the
/// same position always gives the same value, so a schedule has no state to
/// save, and it can be asked about any position in any order.
///
///     auto lr = Schedule::cosine(0.1, 0.001, 0, 10).warm_up(2);
///     lr(5);
///     auto both = Schedule::constant(0.1).then(Schedule::step(0.1, 30), 5);
///
/// Factories throw UsageError for arguments that make no schedule.
class Schedule {
 public:
  using Function = std::function<double(double)>;

  /// Any pure function. @throws UsageError when it is empty.
  explicit Schedule(Function function);

  double operator()(double position) const { return function_(position); }

  static Schedule constant(double value);

  // From `start` at `left` to `end` at `right`; constant outside of both.
  // With r = (position - left) / (right - left):

  /// start + (end - start) r
  static Schedule linear(double start, double end, double left, double right);
  /// Half a cosine wave: end + (start - end) (1 + cos πr) / 2
  static Schedule cosine(double start, double end, double left, double right);
  /// Slow, then fast: the weight of `end` is e^(5(r-1)) - e^-5 (1-r).
  static Schedule exp(double start, double end, double left, double right);
  /// Fast, then slow: the weight of `end` is 1 - e^-5r + e^-5 r.
  static Schedule log(double start, double end, double left, double right);

  /// start × rate^(position / steps), and never beyond `end`.
  static Schedule power(double start, double steps, double rate, double end);

  // Repeated each `period` from `left` on; `start` before it.

  /// From `start` to `end` along a line, then at once back.
  static Schedule periodic_linear(double start,
                                  double end,
                                  double left,
                                  double period);
  /// From `start` to `end` and back along two lines.
  static Schedule periodic_triangle(double start,
                                    double end,
                                    double left,
                                    double period);
  /// From `start` to `end` and back along a whole cosine wave.
  static Schedule periodic_cosine(double start,
                                  double end,
                                  double left,
                                  double period);
  /// From `start` to `end` along half a cosine wave, then at once back (warm
  /// restarts: Loshchilov & Hutter, SGDR, 2017).
  static Schedule periodic_half_cosine(double start,
                                       double end,
                                       double left,
                                       double period);

  /// Each schedule from its position on, until the next; positions are the
  /// whole's, and before the first one the first schedule counts.
  ///
  ///     Schedule::list({{0, Schedule::linear(0, 1, 0, 5)},
  ///                     {5, Schedule::cosine(1, 0, 5, 50)}});
  static Schedule list(std::vector<std::pair<double, Schedule>> parts);

  // PyTorch's (torch.optim.lr_scheduler), in closed form.

  /// base × gamma^⌊position / step_size⌋ (StepLR)
  static Schedule step(double base, double step_size, double gamma = 0.1);
  /// base × gamma^(milestones reached) (MultiStepLR); milestones increase.
  static Schedule multi_step(double base,
                             std::vector<double> milestones,
                             double gamma = 0.1);
  /// base × gamma^position (ExponentialLR)
  static Schedule exponential(double base, double gamma);
  /// eta_min + (base - eta_min) (1 + cos(π position / t_max)) / 2
  /// (CosineAnnealingLR): beyond t_max it rises again.
  static Schedule cosine_annealing(double base,
                                   double t_max,
                                   double eta_min = 0);
  /// OneCycleLR with two phases and cosines; the last value after the end.
  static Schedule one_cycle(const OneCycleOptions& options);

  // Ramps between 0 and 1 over `length` positions (Laine & Aila, 2017).

  /// From e^-5 to 1: e^(-5 (1 - position / length)²)
  static Schedule sigmoid_rampup(double length);
  /// From 0 to 1: position / length
  static Schedule linear_rampup(double length);
  /// From 1 to 0: (1 + cos(π position / length)) / 2
  static Schedule cosine_rampdown(double length);

  /// This schedule, times a factor that rises from `start_factor` to 1 over
  /// the first `length` positions (PyTorch's LinearLR, chained).
  Schedule warm_up(double length, double start_factor = 0) const;

  /// This schedule before position `at`; from there `next`, which counts its
  /// positions from 0 again.
  Schedule then(Schedule next, double at) const;

  /// This schedule `by` positions later.
  Schedule shifted(double by) const;

  friend Schedule operator*(Schedule a, Schedule b);
  friend Schedule operator*(Schedule schedule, double factor);
  friend Schedule operator*(double factor, Schedule schedule);
  friend Schedule operator+(Schedule a, Schedule b);

 private:
  Function function_;
};

}  // namespace thexp
