#pragma once

#include <string>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/tracking/run_record.h"

namespace thexp {

/// A value in which two runs differ; null where one has none.
struct ValueDifference {
  std::string name;  ///< a path such as "optim.lr"
  Value first;
  Value second;
};

/// The values of one part of run.json ("params") in which two runs differ.
struct PartDifference {
  std::string part;
  std::vector<ValueDifference> values;
};

/// How two runs differ: command line and program, parameters, data, code,
/// versions, hardware, environment, and metrics (newest values, best ones as
/// "best.eval/acc"). Parts that are equal are left out.
std::vector<PartDifference> compare_runs(const RunRecord& first,
                                         const RunRecord& second);

}  // namespace thexp
