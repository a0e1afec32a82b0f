#pragma once

#include <string>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/experiments/trash.h"

namespace thexp::cli {

// "12.3 MiB"
std::string size_text(std::uintmax_t bytes);

// {"experiment", "id", "path", "removed", "bytes"}
Value to_json(const TrashedRun& run);

// A line for each, and one with the sum where there are several.
std::string trash_table(const std::vector<TrashedRun>& runs);

}  // namespace thexp::cli
