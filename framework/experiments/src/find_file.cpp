#include "thexp/experiments/find_file.h"

#include "thexp/base/content_hash.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"

namespace thexp {
namespace {

bool is_result(const RunFile& file) {
  return file.state == FileState::kCreated ||
         file.state == FileState::kModified;
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
      bool is_its_place = fs::weakly_canonical(origin.path) == here;
      if (is_result(each) && (origin.has_content || is_its_place)) {
        found.push_back(std::move(origin));
      }
    }
  }
  return found;
}

}  // namespace thexp
