#pragma once

#include <cstdint>
#include <memory>

#include "thexp/data/batch_source.h"

namespace thexp::detail {

/// The first batch of `source`, again and again, without an end.
std::shared_ptr<BatchSource> repeat_first_batch(
    std::shared_ptr<BatchSource> source);

/// `source` with NaN for every real number of the `number`-th batch (from 1)
/// that is taken. `poisoned` becomes true when there was one.
std::shared_ptr<BatchSource> poison_batch(std::shared_ptr<BatchSource> source,
                                          int64_t number,
                                          std::shared_ptr<bool> poisoned);

/// The same DataLoader with 2 workers in place of none, and none in place of
/// some; a source that is not a DataLoader stays as it is.
std::shared_ptr<BatchSource> change_workers(
    const std::shared_ptr<BatchSource>& source);

}  // namespace thexp::detail
