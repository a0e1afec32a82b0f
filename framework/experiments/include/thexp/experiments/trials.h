#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "thexp/experiments/run_index.h"
#include "thexp/experiments/table.h"

namespace thexp {

/// What repeated trials gave.
struct Spread {
  int64_t count = 0;
  double mean = 0;
  /// Of a sample (divided by n - 1); none of a single value.
  std::optional<double> deviation;
};

/// @throws UsageError of no value.
Spread spread_of(const std::vector<double>& values);

/// What trials_table() shows.
class TrialsOptions {
 public:
  /// These names (RunField) in place of the watched metric, newest and best,
  /// and other metrics. Of those that are no numbers nothing is shown.
  TrialsOptions& columns(std::vector<std::string> value) {
    columns_ = std::move(value);
    return *this;
  }
  /// Whether mean and deviation are columns of their own, not "0.95 ± 0.01".
  TrialsOptions& for_programs(bool value) {
    for_programs_ = value;
    return *this;
  }

  const std::vector<std::string>& columns() const { return columns_; }
  bool for_programs() const { return for_programs_; }

 private:
  std::vector<std::string> columns_;
  bool for_programs_ = false;
};

/// Runs whose parameters are equal but for the seed (`seed`, or a path that
/// ends in `.seed`) are trials of one thing: a row for each, with those
/// parameters, the number n of runs, and mean and deviation of each metric,
/// over those that have it. Runs of several experiments are never one.
Table trials_table(const std::vector<RunEntry>& runs,
                   const TrialsOptions& options = {});

}  // namespace thexp
