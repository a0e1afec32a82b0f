#pragma once

#include <string>

#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// How the code of two runs differs, as a unified diff; "" where it is equal or
// not known.
std::string code_difference(const RunRecord& first, const RunRecord& second);

}  // namespace thexp::cli
