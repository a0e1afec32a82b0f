#pragma once

#include <string>
#include <vector>

#include "thexp/experiments/trash.h"

namespace thexp {

// Trash::find() among `runs`, the one removed last first.
TrashedRun find_trashed(const std::string& name,
                        const std::vector<TrashedRun>& runs,
                        const std::filesystem::path& trash);

}  // namespace thexp
