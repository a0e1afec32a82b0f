#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "thexp/experiments/run_index.h"
#include "thexp/experiments/table.h"

namespace thexp {

/// Paths of the parameters in which these runs differ, without "params.", in
/// their order in run.json. Runs without parameters do not count.
std::vector<std::string> varying_params(const std::vector<RunEntry>& runs);

/// Tags of the metrics that these runs have: those of evaluations first, then
/// of tests, of others, and of training.
std::vector<std::string> metric_tags(const std::vector<RunEntry>& runs);

/// The metric that tells how good these runs are: checkpoint.best_metric, else
/// the first tag of an evaluation, else the first one; "" when there is none.
std::string watched_metric(const std::vector<RunEntry>& runs);

/// "5/10" epochs, "500/2000 steps", "eval" of a run that does not train, or "".
std::string position_text(const RunEntry& run);

/// The shortest end, of at least four characters, that only this run's id has.
class ShortIds {
 public:
  explicit ShortIds(const std::vector<RunEntry>& runs);
  std::string of(const RunEntry& run) const;

 private:
  std::unordered_map<std::string, std::vector<std::string>> by_end_;
};

/// What run_table() shows.
class RunTableOptions {
 public:
  /// These names (RunField) in place of what it would choose.
  RunTableOptions& columns(std::vector<std::string> value) {
    columns_ = std::move(value);
    return *this;
  }
  /// Newest and best of these metrics, in place of the watched one and others.
  RunTableOptions& metrics(std::vector<std::string> value) {
    metrics_ = std::move(value);
    return *this;
  }
  /// The means of so many last recorded values of each of the metrics (read
  /// from metrics.jsonl), in place of newest and best.
  RunTableOptions& last(std::vector<int64_t> value) {
    last_ = std::move(value);
    return *this;
  }
  /// Whether the runs are of several experiments.
  RunTableOptions& with_experiment(bool value) {
    with_experiment_ = value;
    return *this;
  }
  /// Ids in their short form, for people. It must live as long as this.
  RunTableOptions& short_ids(const ShortIds* value) {
    short_ids_ = value;
    return *this;
  }

  /// Whether a program reads it: times are whole (ISO 8601).
  RunTableOptions& for_programs(bool value) {
    for_programs_ = value;
    return *this;
  }

  /// Whether the best value of all gets a "*".
  RunTableOptions& mark_best(bool value) {
    mark_best_ = value;
    return *this;
  }

  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::string>& metrics() const { return metrics_; }
  const std::vector<int64_t>& last() const { return last_; }
  bool with_experiment() const { return with_experiment_; }
  const ShortIds* short_ids() const { return short_ids_; }
  bool for_programs() const { return for_programs_; }
  bool mark_best() const { return mark_best_; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::string> metrics_;
  std::vector<int64_t> last_;
  bool with_experiment_ = false;
  bool for_programs_ = false;
  bool mark_best_ = true;
  const ShortIds* short_ids_ = nullptr;
};

/// A row for each run: its number, id and status; when it began, how long it
/// took and how far it got; the parameters that differ; the watched metric, its
/// newest value and its best one ("*": the best of all); tags and description;
/// other metrics. @throws FormatError and FileError for a metrics.jsonl.
Table run_table(const std::vector<RunEntry>& runs,
                const RunTableOptions& options = {});

}  // namespace thexp
