#include "thexp/callbacks/lr_schedule.h"

#include "thexp/framework/trainer.h"

namespace thexp {

LrSchedule::LrSchedule(Schedule schedule, LrScheduleOptions options)
    : schedule_(std::move(schedule)), options_(std::move(options)) {
  keep("initial_rates", initial_rates_);
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
  std::vector<double> rates;
  for (const auto& slot : trainer.optimizers()) {
    offsets_[slot.get()] = rates.size();
    for (double rate : slot->learning_rates()) rates.push_back(rate);
  }
  if (initial_rates_.empty()) initial_rates_ = rates;
}

void LrSchedule::on_epoch_begin(Trainer& trainer) {
  if (options_.unit() != LrScheduleOptions::Unit::kEpoch) return;
  for (const auto& slot : trainer.optimizers()) {
    if (drives(*slot)) {
      apply(*slot, static_cast<double>(trainer.progress().epoch));
    }
  }
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
  double value = schedule_(position);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    rates[i] = options_.scale()
                   ? value * initial_rates_.at(offsets_.at(&slot) + i)
                   : value;
  }
  slot.set_learning_rates(rates);
}

}  // namespace thexp
