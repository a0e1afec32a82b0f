#include "thexp/experiments/query.h"

#include <algorithm>

namespace thexp {

Query::Query(const std::filesystem::path& workspace, const Clock& clock)
    : workspace_(workspace, clock) {}

Query& Query::experiment(std::string name) {
  experiment_ = std::move(name);
  return *this;
}

Query& Query::filter(const std::string& text) {
  filter_ = Filter(text);
  return *this;
}

Query& Query::sort(const std::string& keys) {
  order_ = RunOrder(keys);
  return *this;
}

Query& Query::within(std::chrono::duration<double> time) {
  within_ = time;
  return *this;
}

Query& Query::limit(std::size_t count) {
  limit_ = count;
  return *this;
}

Query& Query::all(bool value) {
  all_ = value;
  return *this;
}

bool Query::matches(const RunEntry& run) const {
  if (!experiment_.empty() && run.experiment() != experiment_) return false;
  bool is_recent = !within_ || run.status() == RunStatus::kRunning ||
                   workspace_.clock().now() - run.last_sign() <= *within_;
  return is_recent && filter_.matches(run);
}

QueryResult Query::find() const {
  QueryResult result;
  result.index = std::make_shared<const RunIndex>(workspace_);
  const std::vector<RunEntry>& known = result.index->runs();
  bool is_there = experiment_.empty() ||
                  std::any_of(known.begin(), known.end(), [&](const auto& run) {
                    return run.experiment() == experiment_;
                  });
  if (!is_there) workspace_.require_experiment(experiment_);
  filter_.check_names(known);
  order_.check_names(known);
  for (const RunEntry& run : known) {
    if (!matches(run)) continue;
    if (!all_ && run.is_dry_run()) {
      ++result.dry_runs;
    } else if (!all_ && run.is_evaluation()) {
      ++result.evaluations;
    } else {
      result.runs.push_back(run);
    }
  }
  order_.sort(result.runs);
  if (limit_ && *limit_ < result.runs.size()) {
    result.runs.erase(
        result.runs.begin() + static_cast<std::ptrdiff_t>(*limit_),
        result.runs.end());
  }
  return result;
}

std::vector<RunRecord> Query::runs() const {
  std::vector<RunRecord> records;
  QueryResult result = find();
  for (const RunEntry& run : result.runs) records.push_back(run.record());
  return records;
}

}  // namespace thexp
