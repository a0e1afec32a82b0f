#include "thexp/experiments/run_difference.h"

#include <algorithm>

namespace thexp {
namespace {

using Differences = std::vector<ValueDifference>;

std::string below(const std::string& above, const std::string& key) {
  return above.empty() ? key : above + "." + key;
}

const Value& entry_of(const Value& value, const std::string& key) {
  static const Value kNone;
  const Value* found = value.find(key);
  return found == nullptr ? kNone : *found;
}

void compare(const Value& first,
             const Value& second,
             const std::string& path,
             Differences& found) {
  if (first == second) return;
  bool are_trees = (first.is_dict() || first.is_null()) &&
                   (second.is_dict() || second.is_null());
  if (!are_trees) {
    found.push_back({path, first, second});
    return;
  }
  static const Value::Dict kNone;
  for (const auto& [key, value] : first.is_dict() ? first.as_dict() : kNone) {
    compare(value, entry_of(second, key), below(path, key), found);
  }
  for (const auto& [key, value] : second.is_dict() ? second.as_dict() : kNone) {
    if (first.find(key) == nullptr) {
      compare(Value(), value, below(path, key), found);
    }
  }
}

// Of an earlier version they are in info.
const Value& part_of(const RunRecord& run, const std::string& name) {
  const Value& own = entry_of(run.json, name);
  return own.is_null() ? entry_of(run.info(), name) : own;
}

// {"eval/acc": 0.95, "best.eval/acc": 0.96, …}
Value metric_values(const RunRecord& run) {
  Value values = Value::Dict{};
  const Value& metrics = part_of(run, "metrics");
  if (!metrics.is_dict()) return values;
  for (const auto& [tag, metric] : metrics.as_dict()) {
    values[tag] = metric.is_dict() ? entry_of(metric, "value") : metric;
    const Value& best = entry_of(metric, "best");
    if (!best.is_null()) values["best." + tag] = best;
  }
  return values;
}

Value start_of(const RunRecord& run) {
  Value start = Value::Dict{{"program", run.program}};
  start["argv"] = Value::List(run.argv.begin(), run.argv.end());
  start["folder"] = run.cwd;
  start["host"] = run.host;
  if (!run.parent.empty()) start["parent"] = run.parent;
  return start;
}

// Each run has a snapshot of its own; equal code has equal trees.
Value code_of(const RunRecord& run) {
  Value code = part_of(run, "code");
  if (!code.is_dict()) return code;
  Value::Dict& dict = code.as_dict();
  dict.erase(std::remove_if(dict.begin(), dict.end(),
                            [](const Value::Entry& entry) {
                              return entry.first == "snapshot" ||
                                     entry.first == "ref" ||
                                     entry.first == "newer_sources";
                            }),
             dict.end());
  return code;
}

}  // namespace

std::vector<PartDifference> compare_runs(const RunRecord& first,
                                         const RunRecord& second) {
  std::vector<PartDifference> parts;
  auto add = [&](const std::string& part, const Value& a, const Value& b) {
    PartDifference difference{part, {}};
    compare(a, b, "", difference.values);
    if (!difference.values.empty()) parts.push_back(std::move(difference));
  };
  for (const char* part : {"params", "data"}) {
    add(part, part_of(first, part), part_of(second, part));
  }
  add("code", code_of(first), code_of(second));
  add("start", start_of(first), start_of(second));
  for (const char* part : {"versions", "hardware", "environment"}) {
    add(part, part_of(first, part), part_of(second, part));
  }
  add("metrics", metric_values(first), metric_values(second));
  return parts;
}

}  // namespace thexp
