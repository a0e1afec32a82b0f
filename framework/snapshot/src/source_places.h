#pragma once

#include <vector>

#include "thexp/base/file.h"
#include "thexp/snapshot/snapshot_options.h"

namespace thexp {

// Where the code of a program may lie, as absolute paths.
struct SourcePlaces {
  fs::path source;   // the source file of main; it may be gone; "" unknown
  fs::path program;  // "" unknown
  fs::path folder;   // the working folder

  // The folders in which a repository is looked for, in this order.
  std::vector<fs::path> folders() const;
  // Where relative names of sources begin.
  fs::path base() const;
};

SourcePlaces find_places(const SnapshotOptions& options);

// The folder at or above `folder` that has a ".git"; "" when there is none.
fs::path folder_with_git(const fs::path& folder);

}  // namespace thexp
