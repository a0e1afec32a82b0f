#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/snapshot/code.h"

namespace thexp {

// Those of `files` (below `root`) that are sources in C++ and were changed
// after the program was built; at most a hundred. None where the program's time
// cannot be told.
std::vector<std::string> newer_sources(const fs::path& root,
                                       const std::vector<CodeFile>& files,
                                       const fs::path& program);

}  // namespace thexp
