#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp {

/// A file of a snapshot.
struct CodeFile {
  std::string path;  ///< below the work tree, or the common folder of a copy
  std::string mode;  ///< git's: "100644", "100755", "120000" (a link), "160000"
                     ///< (a submodule)
  std::string id;    ///< of its content: git's, or the store's
  uint64_t bytes = 0;
};

/// How a file differs between two trees.
struct CodeChange {
  std::string path;
  std::string what;  ///< "added", "modified", "deleted"
};

/// All files, in the order of their paths.
/// @throws Error when the repository or store is gone, or lacks the snapshot.
std::vector<CodeFile> files(const Snapshot& snapshot);

/// What was not committed: the differences from `commit`. @throws as patch()
std::vector<CodeChange> changes(const Snapshot& snapshot);

/// The same as a patch for `git apply` on `commit`, binary files included; ""
/// for a clean work tree. Before the first commit: all files.
/// @throws UsageError when there is no commit to compare with, or the snapshot
/// is a copy of only some files; Error as files().
std::string patch(const Snapshot& snapshot);

/// From the code of `a` to that of `b`, as a unified diff; "" for equal code.
/// @throws Error as files().
std::string diff(const Snapshot& a, const Snapshot& b);

/// Writes all files into a folder, which is made if need be. Of a submodule
/// there is an empty folder. @throws UsageError when something is in the
/// folder already, Error as files(), FileError.
void extract(const Snapshot& snapshot, const fs::path& folder);

/// Deletes the ref, so that git may remove the snapshot at its next gc. What
/// is gone already is fine; copies stay, for other runs share them.
/// @throws UsageError for a ref outside of refs/thexp/, Error when git refuses.
void remove_snapshot(const Snapshot& snapshot);

/// Deletes the copies in a store that none of `used` needs, and returns how
/// many bytes that freed. Copies of the last day stay: a run that begins just
/// now may not be recorded yet. @throws FileError, FormatError when a list of
/// `used` cannot be read; nothing is deleted then.
uint64_t remove_unused_copies(const fs::path& store,
                              const std::vector<Snapshot>& used);

}  // namespace thexp
