#pragma once

#include "git_handles.h"
#include "thexp/base/file.h"

namespace thexp::git {

struct Opened {
  Repository repository;  // null: there is none
  bool is_of_another_user = false;
};

// The repository that `folder` lies in, or that it is. Reads and writes in it
// run no program: no hook, no filter, no pager. @throws GitError when it cannot
// be opened.
Opened open_above(const fs::path& folder);
Opened open_at(const fs::path& folder);

}  // namespace thexp::git
