#include "compare.h"

#include <fmt/format.h>

#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "trace.h"

namespace thexp {
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

std::string text_of(const Value* value) {
  return value == nullptr ? "absent" : value->to_json();
}

// The keys that are otherwise in `found`.
std::vector<std::string> changed_keys(const StepPair& pair,
                                      const std::set<std::string>& restless) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : pair.expected.metrics.as_dict()) {
    const Value* other = pair.found.metrics.find(key);
    bool same = other != nullptr && *other == value;
    if (!same && restless.count(key) == 0) keys.push_back(key);
  }
  return keys;
}

// Where the two part: in the data, or in what a step makes of them.
DrillDifference first_parting(const std::vector<StepPair>& pairs,
                              const std::set<std::string>& restless) {
  for (const StepPair& pair : pairs) {
    std::int64_t step = pair.expected.step;
    if (pair.expected.batch != pair.found.batch) {
      return {fmt::format("step {} gets another batch", step), kDataHint, {}};
    }
    std::vector<std::string> keys = changed_keys(pair, restless);
    if (keys.empty()) continue;
    const std::string& key = keys.front();
    return {fmt::format("step {} gets the same batch, but {} is {} instead of "
                        "{}",
                        step, key, text_of(pair.found.metrics.find(key)),
                        text_of(pair.expected.metrics.find(key))),
            kStepHint,
            {keys.begin(), keys.end()}};
  }
  return {};
}

std::set<std::string> all_changed_keys(const std::vector<StepPair>& pairs) {
  std::set<std::string> all;
  for (const StepPair& pair : pairs) {
    for (const std::string& key : changed_keys(pair, {})) all.insert(key);
  }
  return all;
}

// Without what only reports: the averages, and how long the files are.
State core_of(const DrillSession& session) {
  State state = load_pt(session.state_file());
  state["thexp"]["files"] = State();
  state["thexp"]["meters"] = State();
  return state;
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

DrillDifference of_metrics(const DrillSession& expected,
                           const DrillSession& found,
                           const std::vector<StepPair>& pairs,
                           const std::set<std::string>& restless) {
  DrillDifference parting = first_parting(pairs, restless);
  if (!parting.equal()) {
    parting.metrics = all_changed_keys(pairs);
    return parting;
  }
  if (!restless.empty()) return {};
  return {difference_of_files(metrics_file(expected), metrics_file(found)),
          kStateHint,
          {}};
}

}  // namespace

DrillDifference compare_sessions(const DrillSession& expected,
                                 const DrillSession& found,
                                 const std::set<std::string>& restless) {
  std::vector<StepPair> pairs = common_steps(expected, found);
  std::string state = first_difference(core_of(expected), core_of(found));
  if (state.empty()) return of_metrics(expected, found, pairs, restless);
  DrillDifference parting = first_parting(pairs, restless);
  if (parting.equal()) {
    return {
        fmt::format("the first difference is in {}", state), kStateHint, {}};
  }
  parting.metrics.clear();
  return parting;
}

}  // namespace thexp
