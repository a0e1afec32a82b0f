#include "thexp/tracking/run_files.h"

#include "file_list.h"
#include "thexp/tracking/run_record.h"

namespace thexp {
namespace {

// Its last list may lack what came after it.
bool ended_without_list(const RunRecord& run) {
  return run.status == RunStatus::kKilled ||
         (run.status == RunStatus::kFailed && !run.end);
}

}  // namespace

std::vector<RunFile> read_run_files(const fs::path& run) {
  if (!fs::exists(run / FileList::kFileName)) return {};
  RunRecord record = read_run(run);
  FileList list(run, record.start);
  if (ended_without_list(record)) list.update(true);
  return list.files();
}

}  // namespace thexp
