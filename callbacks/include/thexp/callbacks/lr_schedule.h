#pragma once

#include <map>
#include <string>
#include <vector>

#include "thexp/framework/callback.h"
#include "thexp/framework/schedule.h"

namespace thexp {

class LrScheduleOptions {
 public:
  /// What the schedule counts: finished epochs (default), or updates of the
  /// optimizer.
  enum class Unit { kEpoch, kUpdate };

  LrScheduleOptions& unit(Unit unit) {
    unit_ = unit;
    return *this;
  }
  /// The optimizer's name; empty (default) means all.
  LrScheduleOptions& optimizer(std::string name) {
    optimizer_ = std::move(name);
    return *this;
  }
  /// The schedule's value is multiplied with each parameter group's own
  /// initial rate, instead of being the rate.
  LrScheduleOptions& scale(bool on) {
    scale_ = on;
    return *this;
  }

  Unit unit() const { return unit_; }
  const std::string& optimizer() const { return optimizer_; }
  bool scale() const { return scale_; }

 private:
  Unit unit_ = Unit::kEpoch;
  std::string optimizer_;
  bool scale_ = false;
};

/// Sets learning rates from a Schedule, a pure function of the position: after
/// a resume the rate follows from the restored counters.
///
///     add_callback<LrSchedule>(Schedule::cosine(0.1, 0.001, 0, 10));
///     add_callback<LrSchedule>(
///         Schedule::constant(1), LrScheduleOptions()
///             .unit(LrScheduleOptions::Unit::kUpdate).scale(true));
class LrSchedule : public Callback {
 public:
  explicit LrSchedule(Schedule schedule, LrScheduleOptions options = {});

  int priority() const override { return kMutate; }
  std::string name() const override;
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;

 private:
  bool drives(const OptimizerSlot& slot) const;
  void apply(OptimizerSlot& slot, double position);

  Schedule schedule_;
  LrScheduleOptions options_;
  // Of every optimizer's groups, one after another; kept, since a resumed
  // optimizer comes back with its scheduled rate.
  std::vector<double> initial_rates_;
  // Where an optimizer's rates begin in it.
  std::map<const OptimizerSlot*, std::size_t> offsets_;
};

}  // namespace thexp
