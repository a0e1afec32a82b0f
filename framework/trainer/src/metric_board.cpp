#include "metric_board.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {

void MetricBoard::set(Phase phase, AvgMeter average) {
  meters_[index_of(phase)] = std::move(average);
  steps_[index_of(phase)] = progress_.step;
}

std::vector<std::pair<std::string, double>> MetricBoard::all() const {
  std::vector<std::pair<std::string, double>> all;
  for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
    for (const auto& [key, value] : of(phase).values()) {
      all.emplace_back(fmt::format("{}/{}", phase_name(phase), key), value);
    }
  }
  return all;
}

void MetricBoard::set_value(const std::string& name, double value) {
  auto phase = metric_phase(name);
  bool is_evaluated = phase == Phase::kEval || phase == Phase::kTest;
  if (!is_evaluated || !is_of_this_step(*phase)) {
    throw UsageError(fmt::format(
        "set_metric(\"{}\"): a name is eval/… or test/…, and an evaluation of "
        "that phase must have just ended",
        name));
  }
  of(*phase).set(name.substr(name.find('/') + 1), value);
}

std::optional<std::vector<std::string>> MetricBoard::names(Phase phase) const {
  if (of(phase).count() == 0 && !known_[index_of(phase)]) return std::nullopt;
  std::vector<std::string> names;
  auto add = [&](const std::string& key) {
    std::string name = fmt::format("{}/{}", phase_name(phase), key);
    bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    if (is_new) names.push_back(std::move(name));
  };
  for (const auto& [key, value] : of(phase).values()) add(key);
  if (known_[index_of(phase)]) {
    for (const std::string& key : *known_[index_of(phase)]) add(key);
  }
  return names;
}

double MetricBoard::value(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& [key, value] : all()) {
    if (key == name) return value;
    known.push_back(key);
  }
  throw UsageError(fmt::format("there is no metric '{}' (there are: {})", name,
                               known.empty() ? "none yet" : join(known, ", ")));
}

bool MetricBoard::is_old(const std::string& name) const {
  std::optional<Phase> phase = metric_phase(name);
  if (!phase) return false;  // there is no such metric
  bool in_epoch = progress_.batch > 0 && !train_is_whole_;
  return *phase == Phase::kTrain ? in_epoch : !is_of_this_step(*phase);
}

// Whether the metric exists only a batch can tell.
bool MetricBoard::has_no_batches(const std::string& name) const {
  std::optional<Phase> phase = metric_phase(name);
  return phase && of(*phase).count() == 0;
}

std::optional<double> MetricBoard::fresh(const std::string& name) const {
  if (is_old(name) || has_no_batches(name)) return std::nullopt;
  return value(name);
}

Value MetricBoard::of_this_step() const {
  Value values = Value::Dict{};
  for (const auto& [name, value] : all()) {
    bool is_trained = metric_phase(name) == Phase::kTrain;
    if (is_trained || !is_old(name)) values[name] = value;
  }
  return values;
}

Value MetricBoard::of_earlier_steps() const {
  Value values = Value::Dict{};
  for (const auto& [name, value] : all()) {
    auto phase = metric_phase(name);
    if (phase == Phase::kTrain || !is_old(name)) continue;
    values[name] =
        Value::Dict{{"step", steps_[index_of(*phase)]}, {"value", value}};
  }
  return values;
}

void MetricBoard::keep_in(KeptMembers& kept) {
  kept.add("evaluated_at", steps_[index_of(Phase::kEval)]);
  kept.add("tested_at", steps_[index_of(Phase::kTest)]);
  kept.add("train_is_whole", train_is_whole_);
}

}  // namespace thexp
