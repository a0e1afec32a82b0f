#pragma once

#include <string>

#include "thexp/base/value.h"
#include "thexp/experiments/run_index.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The fields of a record that every --json output has.
Value to_json(const RunRecord& run);

// With what people added: tags, another description.
Value to_json(const RunEntry& run);

std::string run_duration(const RunRecord& run);

}  // namespace thexp::cli
