#include "source_checks.h"

#include <fmt/format.h>

#include <string>

#include "thexp/base/error.h"

namespace thexp::detail {

void check_stream(int64_t epoch, int64_t first_batch) {
  if (epoch >= 0 && first_batch >= 0) return;
  throw UsageError(
      fmt::format("stream(epoch {}, first_batch {}): neither may be negative",
                  epoch, first_batch));
}

void check_batch_index(int64_t batch_index, std::optional<int64_t> batches) {
  if (batch_index >= 0 && (!batches || batch_index < *batches)) return;
  throw UsageError(
      fmt::format("batch_size_at({}): an epoch has {} batches", batch_index,
                  batches ? std::to_string(*batches) : "an unknown number of"));
}

}  // namespace thexp::detail
