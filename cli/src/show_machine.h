#pragma once

#include <string>

#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// One line each of what run.json says of a run's code, versions and machine;
// "" where it does not say.
std::string code_line(const RunRecord& run);
std::string versions_line(const RunRecord& run);
std::string hardware_line(const RunRecord& run);

}  // namespace thexp::cli
