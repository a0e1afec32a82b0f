#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace thexp {
class Batch;
}

namespace thexp::detail {

/// Names and numbers. A number is text that reads back as the same double.
using Metrics = std::vector<std::pair<std::string, std::string>>;

/// The number under that name, or nullptr.
const std::string* find_metric(const Metrics& metrics, const std::string& name);
/// Not a number where there is none.
double real_from(const std::string* number);

/// What a step got, and what it reported.
struct TraceStep {
  int64_t step = 0;   ///< finished steps, this one included
  int64_t epoch = 0;  ///< of this step, from 0
  std::string batch;  ///< its fingerprint
  Metrics metrics;
};

/// A hash of all elements, parts included.
std::string batch_fingerprint(const Batch& batch);

/// "step 3 reports loss = nan": the first number that is not finite, or "".
std::string first_not_finite(const std::vector<TraceStep>& trace);

}  // namespace thexp::detail
