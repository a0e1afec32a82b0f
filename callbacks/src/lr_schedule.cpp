#include "thexp/callbacks/lr_schedule.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
LrSchedule::LrSchedule(Schedule schedule, LrScheduleOptions options)
    : schedule_(std::move(schedule)), options_(std::move(options)) {}

LrSchedule::LrSchedule(ScheduleOfLength make, LrScheduleOptions options)
    : make_(std::move(make)), options_(std::move(options)) {
  if (!make_) throw UsageError("LrSchedule: the function is empty");
}

// One for each optimizer is possible, and an epoch and an update schedule
// beside each other.
std::string LrSchedule::name() const {
  bool per_epoch = options_.unit() == LrScheduleOptions::Unit::kEpoch;
  std::string name = per_epoch ? "LrSchedule.epoch" : "LrSchedule.update";
  return options_.optimizer().empty() ? name
                                      : name + "." + options_.optimizer();
}

void LrSchedule::on_train_begin(Trainer& trainer) {
  if (!options_.optimizer().empty()) trainer.optimizer(options_.optimizer());
  check_alone(trainer);
  note_initial_rates(trainer);
  int64_t length = make_ ? length_of(trainer) : 0;
  if (length == 0) return;
  if (length_ > 0 && length_ != length) say_new_length(trainer, length);
  schedule_ = make_(length);
  length_ = length;
}

// A training that became longer stretches its schedule, from where it is.
void LrSchedule::say_new_length(Trainer& trainer, int64_t length) const {
  bool per_epoch = options_.unit() == LrScheduleOptions::Unit::kEpoch;
  int64_t position = trainer.progress().epoch;
  for (const auto& slot : trainer.optimizers()) {
    if (!per_epoch && drives(*slot)) position = slot->updates();
  }
  auto here = static_cast<double>(position);
  trainer.logger().info(
      key(), fmt::format("over {} {} in place of {}: here {:.4g} in place of "
                         "{:.4g}",
                         length, per_epoch ? "epochs" : "updates", length_,
                         make_(length)(here), make_(length_)(here)));
}

// With two of them, the program would not show which one wins.
void LrSchedule::check_alone(const Trainer& trainer) const {
  for (Callback* callback : trainer.all_callbacks()) {
    auto* other = dynamic_cast<const LrSchedule*>(callback);
    if (other == nullptr || other == this) continue;
    if (other->options_.unit() != options_.unit()) continue;
    for (const auto& slot : trainer.optimizers()) {
      if (!drives(*slot) || !other->drives(*slot)) continue;
      throw UsageError(fmt::format(
          "{} and {} would both set the rates of optimizer '{}'; name another "
          "optimizer in one of them, or compose the schedules into one",
          key(), other->key(), slot->name()));
    }
  }
}

// The rates belong to the optimizers; a checkpoint says what they were.
State LrSchedule::state() const {
  State::List rates(initial_rates_.begin(), initial_rates_.end());
  return State::Dict{{"initial_rates", std::move(rates)}, {"length", length_}};
}

void LrSchedule::load_state(const State& state) {
  std::vector<double> rates;
  for (const State& rate : state.at("initial_rates").as_list()) {
    rates.push_back(rate.as_real());
  }
  initial_rates_ = std::move(rates);
  // Format 1 did not have it.
  if (const State* length = state.find("length")) {
    length_ = length->as_integer();
  }
}

void LrSchedule::note_initial_rates(const Trainer& trainer) {
  initial_rates_.clear();
  for (const auto& slot : trainer.optimizers()) {
    for (double rate : slot->rates().base()) initial_rates_.push_back(rate);
  }
}

int64_t LrSchedule::length_of(const Trainer& trainer) const {
  const RunPlan& plan = trainer.run_plan();
  auto batches = trainer.loader(Phase::kTrain).batches();
  if (options_.unit() == LrScheduleOptions::Unit::kEpoch) {
    return plan.scheduled_epochs(batches);
  }
  return plan.scheduled_updates(batches, *trainer.params().accumulate);
}

// A rate that was given anew changes the running epoch's, too.
void LrSchedule::on_load(Trainer& trainer, const State&) {
  bool in_epoch = trainer.progress().batch > 0;
  if (!in_epoch || !trainer.run_plan().trains()) return;
  for (const auto& slot : trainer.optimizers()) {
    if (slot->changes().empty()) continue;
    on_train_begin(trainer);  // what the schedule is made from
    apply_epoch(trainer, *slot);
  }
}

void LrSchedule::on_epoch_begin(Trainer& trainer) {
  for (const auto& slot : trainer.optimizers()) apply_epoch(trainer, *slot);
}

void LrSchedule::apply_epoch(const Trainer& trainer, OptimizerSlot& slot) {
  bool per_epoch = options_.unit() == LrScheduleOptions::Unit::kEpoch;
  if (!per_epoch || !drives(slot)) return;
  apply(slot, static_cast<double>(trainer.progress().epoch));
}

bool LrSchedule::on_update_begin(Trainer&, OptimizerSlot& slot) {
  if (options_.unit() == LrScheduleOptions::Unit::kUpdate && drives(slot)) {
    apply(slot, static_cast<double>(slot.updates()));
  }
  return true;
}

bool LrSchedule::drives(const OptimizerSlot& slot) const {
  return options_.optimizer().empty() || options_.optimizer() == slot.name();
}

void LrSchedule::apply(OptimizerSlot& slot, double position) {
  std::vector<double> rates = slot.learning_rates();
  if (!schedule_) {
    throw UsageError(fmt::format(
        "{}: its schedule depends on the length of the training, and that is "
        "not known with --epoch=0, or without an end; set the epochs or steps "
        "to come, or give a Schedule of a length of its own",
        key()));
  }
  double value = (*schedule_)(position);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    rates[i] = options_.scale() ? value * slot.rates().base().at(i) : value;
  }
  slot.rates().schedule(std::move(rates));
}

}  // namespace thexp
