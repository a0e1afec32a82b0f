#include "leftovers.h"

#include <sys/stat.h>

#include "folder.h"
#include "thexp/base/error.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr std::chrono::hours kAge{1};

bool is_old(const fs::path& path, const Clock& clock) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return false;
  return clock.now() - std::chrono::system_clock::from_time_t(status.st_mtime) >
         kAge;
}

void add_temporary_files(const fs::path& folder,
                         const Clock& clock,
                         std::vector<fs::path>& found) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    std::error_code gone;
    bool counts = is_temporary_name(at->path().filename().string()) &&
                  at->is_regular_file(gone) && is_old(at->path(), clock);
    if (counts) found.push_back(at->path());
  }
}

}  // namespace

std::vector<fs::path> find_leftovers(const fs::path& workspace,
                                     const Clock& clock) {
  std::vector<fs::path> found;
  for (const RunRecord& run : Workspace(workspace, clock).runs()) {
    if (run.status == RunStatus::kRunning) continue;
    add_temporary_files(run.path, clock, found);
  }
  for (const fs::path& folder : folders_in(workspace / kIncoming)) {
    if (is_old(folder, clock)) found.push_back(folder);
  }
  return found;
}

}  // namespace thexp
