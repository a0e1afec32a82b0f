#include "compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "records.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/trainer/state_parts.h"

namespace thexp::detail {
namespace {

constexpr const char* kDataHint =
    "the data depend on more than seed, epoch and index: std::rand, a clock, "
    "or a member of the dataset. Augmentation draws from "
    "BatchContext::random().";
constexpr const char* kStepHint =
    "a step depends on what no checkpoint holds: give members to "
    "keep(\"name\", member), modules to add_model, callbacks' members to "
    "their keep; draw from LibTorch or rnd(), not from std::rand.";
constexpr const char* kStateHint =
    "what is saved and loaded there does not cover all that training changes.";

// Two steps of the same number.
struct StepPair {
  TraceStep expected;
  TraceStep found;
};

std::vector<StepPair> common_steps(const DrillSession& expected,
                                   const DrillSession& found) {
  std::vector<StepPair> pairs;
  std::vector<TraceStep> others = read_trace(found.trace_file());
  for (TraceStep& step : read_trace(expected.trace_file())) {
    for (const TraceStep& other : others) {
      if (other.step == step.step) pairs.push_back({step, other});
    }
  }
  return pairs;
}

std::string text_of(const std::string* number) {
  return number == nullptr ? "absent" : *number;
}

// The metrics that differ in `found`.
std::vector<std::string> changed_metrics(const StepPair& pair,
                                         const std::set<std::string>& ignored) {
  std::vector<std::string> names;
  for (const auto& [name, number] : pair.expected.metrics) {
    bool same = text_of(find_metric(pair.found.metrics, name)) == number;
    if (!same && ignored.count(name) == 0) names.push_back(name);
  }
  return names;
}

// Where the two begin to differ: in the data, or in what a step makes of them.
DrillDifference first_divergence(const std::vector<StepPair>& pairs,
                                 const std::set<std::string>& ignored) {
  for (const StepPair& pair : pairs) {
    int64_t step = pair.expected.step;
    if (pair.expected.batch != pair.found.batch) {
      return {fmt::format("step {} gets another batch", step), kDataHint, {}};
    }
    std::vector<std::string> names = changed_metrics(pair, ignored);
    if (names.empty()) continue;
    const std::string& name = names.front();
    return {
        fmt::format("step {} gets the same batch, but {} is {} instead of "
                    "{}",
                    step, name, text_of(find_metric(pair.found.metrics, name)),
                    text_of(find_metric(pair.expected.metrics, name))),
        kStepHint,
        {names.begin(), names.end()}};
  }
  return {};
}

std::set<std::string> all_changed_metrics(const std::vector<StepPair>& pairs) {
  std::set<std::string> all;
  for (const StepPair& pair : pairs) {
    for (const std::string& name : changed_metrics(pair, {})) all.insert(name);
  }
  return all;
}

std::string difference_of_states(const DrillSession& expected,
                                 const DrillSession& found) {
  return first_difference(without_averages(load_pt(expected.state_file())),
                          without_averages(load_pt(found.state_file())));
}

std::string difference_of_files(const fs::path& expected,
                                const fs::path& found) {
  std::vector<std::string> a = split(read_file(expected), '\n');
  std::vector<std::string> b = split(read_file(found), '\n');
  a.resize(std::max(a.size(), b.size()));
  b.resize(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    return fmt::format("line {} of metrics.jsonl is {} instead of {}", i + 1,
                       b[i].empty() ? "absent" : b[i],
                       a[i].empty() ? "absent" : a[i]);
  }
  return "";
}

// The metrics file of the one run that a session's workspace holds.
fs::path metrics_file(const DrillSession& session) {
  for (const auto& run :
       fs::directory_iterator(session.workspace / kDrillExperiment)) {
    return run.path() / "metrics.jsonl";
  }
  return session.workspace / kDrillExperiment / "metrics.jsonl";
}

DrillDifference difference_of_metrics(const DrillSession& expected,
                                      const DrillSession& found,
                                      const std::vector<StepPair>& pairs,
                                      const std::set<std::string>& ignored) {
  DrillDifference divergence = first_divergence(pairs, ignored);
  if (!divergence.equal()) {
    divergence.metrics = all_changed_metrics(pairs);
    return divergence;
  }
  if (!ignored.empty()) return {};
  return {difference_of_files(metrics_file(expected), metrics_file(found)),
          kStateHint,
          {}};
}

}  // namespace

DrillDifference compare_sessions(const DrillSession& expected,
                                 const DrillSession& found,
                                 const std::set<std::string>& ignored) {
  std::vector<StepPair> pairs = common_steps(expected, found);
  std::string state = difference_of_states(expected, found);
  if (state.empty()) {
    return difference_of_metrics(expected, found, pairs, ignored);
  }
  DrillDifference divergence = first_divergence(pairs, ignored);
  divergence.metrics.clear();
  if (!divergence.equal()) return divergence;
  return {fmt::format("the first difference is in {}", state), kStateHint, {}};
}

}  // namespace thexp::detail
