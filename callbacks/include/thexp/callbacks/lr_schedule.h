#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "thexp/optim/schedule.h"
#include "thexp/trainer/callback.h"

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

/// Makes the schedule of a training of `length` positions: epochs or updates,
/// as the options count.
using ScheduleOfLength = std::function<Schedule(int64_t length)>;

/// Sets learning rates from a Schedule, a pure function of the position: after
/// a resume the rate follows from the restored counters.
///
///     add_callback<LrSchedule>(Schedule::cosine(0.1, 0.001, 0, 10));
///     add_callback<LrSchedule>(
///         [](int64_t updates) {
///           return Schedule::one_cycle(OneCycleOptions(0.1, updates));
///         },
///         LrScheduleOptions().unit(LrScheduleOptions::Unit::kUpdate));
///
/// Other schedules of the same optimizer must count another unit. What Plateau
/// has taken off a rate stays off.
class LrSchedule : public Callback {
 public:
  explicit LrSchedule(Schedule schedule, LrScheduleOptions options = {});

  /// A schedule that depends on how long the training is, which is known when
  /// it begins: its epochs, or as many updates as an optimizer makes in
  /// them that steps once a batch (an accumulation window counts once).
  explicit LrSchedule(ScheduleOfLength make, LrScheduleOptions options = {});

  int priority() const override { return kMutate; }
  std::string name() const override;
  /// @throws UsageError when there is no optimizer of that name, or another
  /// LrSchedule of the same unit drives one that this one drives.
  void on_train_begin(Trainer& trainer) override;
  void on_load(Trainer& trainer, const State& state) override;
  void on_epoch_begin(Trainer& trainer) override;
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;
  State state() const override;
  void load_state(const State& state) override;

 private:
  bool drives(const OptimizerSlot& slot) const;
  void check_alone(const Trainer& trainer) const;
  void note_initial_rates(const Trainer& trainer);
  int64_t length_of(const Trainer& trainer) const;
  void say_new_length(Trainer& trainer, int64_t length) const;
  void apply_epoch(const Trainer& trainer, OptimizerSlot& slot);
  void apply(OptimizerSlot& slot, double position);

  ScheduleOfLength make_;
  std::optional<Schedule> schedule_;  // absent: of a length to be known yet
  LrScheduleOptions options_;
  std::vector<double> initial_rates_;  // for checkpoints to say
  int64_t length_ = 0;                 // that make_ made it for; 0: none yet
};

}  // namespace thexp
