#pragma once

#include <vector>

#include "session.h"
#include "trace.h"

namespace thexp::detail {

// What the processes of a drill leave for each other, as files of JSON.

void write_session(const fs::path& file, const DrillSession& session);
DrillSession read_session(const fs::path& file);

void write_outcome(const fs::path& file, const DrillOutcome& outcome);
DrillOutcome read_outcome(const fs::path& file);

/// Appends one line; it is there even when the process is killed next.
void append_trace(const fs::path& file, const TraceStep& step);
/// Empty when there is no such file. A last line that is torn is left out.
std::vector<TraceStep> read_trace(const fs::path& file);

}  // namespace thexp::detail
