#pragma once

#include <string>

#include "thexp/base/value.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The files in a run's folder and in folders that it watched, with what became
// of them: as text, and as a list of {"name", "bytes", "state", "xxh3"}.
std::string files_text(const RunRecord& run);
Value files_json(const RunRecord& run);

}  // namespace thexp::cli
