#include "thexp/optim/learning_rates.h"

#include <fmt/format.h>

#include <utility>

#include "thexp/base/error.h"

namespace thexp {

void LearningRates::attach(std::string name,
                           torch::optim::Optimizer& optimizer) {
  name_ = std::move(name);
  optimizer_ = &optimizer;
  reductions_.assign(optimizer.param_groups().size(), 1.0);
  remember_base();
}

std::vector<double> LearningRates::now() const {
  std::vector<double> rates;
  for (const auto& group : optimizer_->param_groups()) {
    rates.push_back(group.options().get_lr());
  }
  return rates;
}

void LearningRates::set(const std::vector<double>& rates) {
  auto& groups = optimizer_->param_groups();
  if (rates.size() != groups.size()) {
    throw UsageError(
        fmt::format("optimizer '{}': {} learning rates for {} parameter groups",
                    name_, rates.size(), groups.size()));
  }
  for (std::size_t i = 0; i < rates.size(); ++i) {
    groups[i].options().set_lr(rates[i]);
  }
}

void LearningRates::schedule(std::vector<double> rates) {
  reductions_.resize(rates.size(), 1.0);  // groups may have been added
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] *= reductions_[i];
  set(rates);
}

bool LearningRates::reduce(double factor, double min) {
  std::vector<double> rates = now();
  reductions_.resize(rates.size(), 1.0);
  bool changed = false;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (!(rates[i] > min)) continue;
    changed = true;
    bool stops = rates[i] * factor < min;
    reductions_[i] *= stops ? min / rates[i] : factor;
    rates[i] = stops ? min : rates[i] * factor;
  }
  set(rates);
  return changed;
}

double LearningRates::rebased(double saved,
                              double saved_base,
                              double base,
                              double reduction) {
  bool has_factor = saved != 0 && saved_base != 0;
  return has_factor ? saved * (base / saved_base) : base * reduction;
}

}  // namespace thexp
