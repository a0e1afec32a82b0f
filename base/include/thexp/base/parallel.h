#pragma once

#include <cstddef>
#include <functional>

namespace thexp {

/// Calls `body(0)` to `body(count - 1)`, in no order, on as many threads as
/// there are cores, this one included, and at most four. @throws what a call
/// threw first; calls that have not begun by then are left out.
void parallel_for(std::size_t count,
                  const std::function<void(std::size_t)>& body);

}  // namespace thexp
