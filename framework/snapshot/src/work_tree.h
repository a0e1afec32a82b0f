#pragma once

#include <memory>
#include <string>
#include <vector>

#include "code_tree.h"
#include "left_out.h"
#include "thexp/base/file.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp {

// A work tree of git. Reads the index, and never writes it.
class WorkTree {
 public:
  virtual ~WorkTree() = default;

  // Sets repository, git_folder, branch and commit.
  virtual void describe(Snapshot& snapshot) const = 0;

  // Whether git ignores a file that it does not have.
  virtual bool ignores(const fs::path& file) const = 0;

  // Files of another user are not written to: objects of ours could keep that
  // user's git from working.
  virtual bool is_of_another_user() const = 0;

  // Finds what differs from the index. `without`: folders whose untracked files
  // do not count.
  virtual void scan(const std::vector<fs::path>& without, Limits& limits) = 0;

  // After scan(): all files. The id of one that differs from the index is "".
  virtual std::vector<CodeFile> files() const = 0;
  // As git would store it. @throws Error, FileError
  virtual std::string content(const CodeFile& file) const = 0;

  // Writes what was found as a commit: sets tree, snapshot, dirty. A file that
  // cannot be read goes to the list of `limits`. @throws Error
  virtual void write(Snapshot& snapshot,
                     const std::string& message,
                     Limits& limits) = 0;
};

// The work tree that `folder` lies in; null when it lies in none.
// @throws Error when there is one that cannot be opened.
std::unique_ptr<WorkTree> open_work_tree(const fs::path& folder);

}  // namespace thexp
