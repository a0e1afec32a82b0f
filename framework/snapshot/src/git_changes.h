#pragma once

#include <map>
#include <string>
#include <vector>

#include "git_handles.h"
#include "left_out.h"
#include "thexp/base/file.h"

namespace thexp::git {

// How a file of the work tree differs from the index.
struct Change {
  uint32_t mode = 0;        // 0: it was deleted
  std::string submodule;    // the commit, where it is one
  std::string lfs_pointer;  // what is stored, of a file that Git LFS keeps
};

using Changes = std::map<std::string, Change>;

// Compares the work tree with the index: by size, time and inode, and by
// content only where these differ. What is too large, or cannot be kept, goes
// to the list of `limits`; of a tracked file the index's version then stays.
Changes find_changes(git_repository* repository,
                     git_index* index,
                     const std::vector<fs::path>& without,
                     Limits& limits);

}  // namespace thexp::git
