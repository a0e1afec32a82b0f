#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {

class Batch;

/// What a step got, and what it reported.
struct TraceStep {
  std::int64_t step = 0;   ///< finished steps, this one included
  std::int64_t epoch = 0;  ///< of this step, from 0
  std::string batch;       ///< its fingerprint
  Value metrics = Value::Dict{};
};

/// A hash of all elements, parts included.
std::string batch_fingerprint(const Batch& batch);

/// Appends one line; it is there even when the process is killed next.
void append_trace(const fs::path& file, const TraceStep& step);

/// Empty when there is no such file. A last line that is torn is left out.
std::vector<TraceStep> read_trace(const fs::path& file);

/// "step 3 reports loss = nan": the first number that is not finite, or "".
std::string first_not_finite(const std::vector<TraceStep>& trace);

}  // namespace thexp
