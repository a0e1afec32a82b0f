#pragma once

#include <cstdint>
#include <optional>

// What every source of batches asks of its callers.
namespace thexp::detail {

/// @throws UsageError when a number is negative.
void check_stream(int64_t epoch, int64_t first_batch);

/// @throws UsageError when no epoch of `batches` (none: any number) has such a
/// batch.
void check_batch_index(int64_t batch_index, std::optional<int64_t> batches);

}  // namespace thexp::detail
