#include "run_text.h"
#include "thexp/base/clock.h"

namespace thexp::cli {

// A running run is worked on until now.
std::string run_duration(const RunRecord& run) {
  if (run.status != RunStatus::kRunning) return format_duration(run.duration());
  return format_duration(run.duration() +
                         (Clock::system().now() - run.heartbeat));
}

}  // namespace thexp::cli
