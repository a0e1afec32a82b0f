#pragma once

#include <string>

#include "thexp/base/value.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The fields of a record that every --json output has.
Value to_json(const RunRecord& run);

std::string run_duration(const RunRecord& run);

}  // namespace thexp::cli
