#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/snapshot/snapshot_options.h"

namespace thexp {

/// Where the code of a snapshot is kept.
enum class SnapshotKind {
  kNone,  ///< nowhere: `problem` says why
  kGit,   ///< a commit in the repository, under `ref`
  kCopy   ///< a copy in `store`
};

/// "none", "git", "copy".
const char* kind_name(SnapshotKind kind);

/// A file that a snapshot does not have, or has in an older version.
struct LeftOutFile {
  std::string path;
  std::string why;
};

/// The code that a run was started from. thexp/snapshot/code.h reads it.
struct Snapshot {
  SnapshotKind kind = SnapshotKind::kNone;
  std::string repository;  ///< the work tree; "" outside a repository
  std::string git_folder;  ///< its ".git", of a worktree the main one's
  std::string branch;      ///< "" for a detached HEAD
  std::string commit;      ///< HEAD's; "" before the first commit
  /// The work tree differs from `commit`; untracked files count.
  bool dirty = false;
  std::string ref;       ///< "refs/thexp/<experiment>/<run>"
  std::string snapshot;  ///< the commit below `ref`
  std::string tree;      ///< git's tree, or the list in the store; equal for
                         ///< equal code
  std::string store;     ///< the folder of the copies
  /// A copy that has all files of a work tree, not some chosen ones.
  bool whole = false;
  std::vector<LeftOutFile> left_out;
  /// Sources that were changed after the program was built: it may be older
  /// than they are.
  std::vector<std::string> newer_sources;
  /// Why it is not a commit in git, or is incomplete; "" when all is well.
  std::string problem;

  /// What run.json has as "code".
  Value to_value() const;

  /// Reads that again; what is missing or damaged is as if unset. The copies
  /// are looked for in `store` when they are there, as in a workspace that was
  /// moved, else where they were made.
  static Snapshot from_value(const Value& value, const fs::path& store = {});
};

/// Takes a snapshot. Branch, index, stash, hooks and work tree stay as they
/// are, and so does the configuration. Nothing that goes wrong is thrown:
/// Snapshot::problem tells it. Takes milliseconds, more for changed files;
/// may run on any thread.
Snapshot take_snapshot(const SnapshotOptions& options);

}  // namespace thexp
