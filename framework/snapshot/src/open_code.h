#pragma once

#include <memory>

#include "code_tree.h"

namespace thexp {

// @throws UsageError when the snapshot has no code, Error when it is gone.
std::unique_ptr<CodeTree> open_code(const Snapshot& snapshot);

}  // namespace thexp
