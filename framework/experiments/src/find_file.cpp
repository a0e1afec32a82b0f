#include "thexp/experiments/find_file.h"

#include "thexp/base/content_hash.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"

namespace thexp {
namespace {

bool is_its_place(const fs::path& path, const fs::path& file) {
  if (path.filename() != file.filename()) return false;
  std::error_code error;  // a place that cannot be looked at is another one
  return fs::weakly_canonical(path, error) == file && !error;
}

// One run that is damaged hides no other.
std::vector<RunFile> files_of(const fs::path& run) {
  try {
    return read_run_files(run);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::vector<FileOrigin> find_file(const fs::path& file,
                                  const std::vector<fs::path>& runs) {
  const std::string hash = content_hash_of_file(file);
  const fs::path here = fs::canonical(file);
  std::vector<FileOrigin> found;
  for (const fs::path& run : runs) {
    for (const RunFile& each : files_of(run)) {
      FileOrigin origin{run, each, run / each.path, each.hash == hash};
      bool was_made = each.state != FileState::kUntouched;
      bool is_one = origin.has_content || is_its_place(origin.path, here);
      if (was_made && is_one) found.push_back(std::move(origin));
    }
  }
  return found;
}

}  // namespace thexp
