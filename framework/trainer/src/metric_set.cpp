#include "metric_set.h"

#include <fmt/format.h>

#include <utility>

#include "thexp/base/error.h"

namespace thexp {
namespace {

std::string whole_name(Phase phase, const std::string& name) {
  return fmt::format("{}/{}", phase_name(phase), name);
}

}  // namespace

void MetricSet::add(Phase phase,
                    const std::string& name,
                    Metric& metric,
                    Read read,
                    KeptMembers& kept) {
  const std::string whole = whole_name(phase, name);
  if (phase == Phase::kPredict) {
    throw UsageError(
        fmt::format("add_metric: {}: a prediction has no targets", whole));
  }
  if (mode_of(whole)) {
    throw UsageError(fmt::format("add_metric: {} is there already", whole));
  }
  entries_.push_back({phase, name, &metric, std::move(read)});
  if (phase != Phase::kTrain) return;  // no checkpoint is within an evaluation
  kept.add(
      "metric " + whole,
      [&metric] { return State::from_value(metric.state()); },
      [&metric](const State& state) { metric.load_state(state.to_value()); });
}

void MetricSet::reset(Phase phase) {
  for (const Entry& each : entries_) {
    if (each.phase == phase) each.metric->reset();
  }
}

std::vector<Value> MetricSet::states(Phase phase) const {
  std::vector<Value> states;
  for (const Entry& each : entries_) {
    if (each.phase == phase) states.push_back(each.metric->state());
  }
  return states;
}

std::vector<std::string> MetricSet::updated_since(
    Phase phase, const std::vector<Value>& before) const {
  std::vector<std::string> names;
  for (const Entry& each : entries_) {
    if (each.phase != phase) continue;
    if (each.metric->state() == before[names.size()]) {
      throw UsageError(
          fmt::format("metric {}: {}_batch() does not call its update()",
                      whole_name(phase, each.name), phase_name(phase)));
    }
    names.push_back(each.name);
  }
  return names;
}

void MetricSet::read_into(Phase phase, AvgMeter& average) const {
  for (const Entry& each : entries_) {
    if (each.phase != phase) continue;
    try {
      average.set(each.name, each.read());
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("metric {}: {}",
                                   whole_name(phase, each.name), error.what()));
    }
  }
}

std::optional<Mode> MetricSet::mode_of(const std::string& metric) const {
  for (const Entry& each : entries_) {
    if (whole_name(each.phase, each.name) != metric) continue;
    return each.metric->higher_is_better() ? Mode::kMax : Mode::kMin;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, Mode>> MetricSet::modes() const {
  std::vector<std::pair<std::string, Mode>> modes;
  for (const Entry& each : entries_) {
    std::string name = whole_name(each.phase, each.name);
    modes.emplace_back(name, *mode_of(name));
  }
  return modes;
}

}  // namespace thexp
