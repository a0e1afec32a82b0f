#pragma once

#include <cstdint>

#include "thexp/base/file.h"

namespace thexp {

// The next number of a run in the experiment's folder, from 1. None is given
// twice, also when runs begin at one instant or were removed: the highest one
// is kept in <workspace>/.numbers/<experiment>. Throws FileError.
int64_t next_run_number(const fs::path& experiment);

}  // namespace thexp
