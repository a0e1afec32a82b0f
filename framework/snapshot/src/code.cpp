#include "thexp/snapshot/code.h"

#include "code_store.h"
#include "git_objects.h"
#include "open_code.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "tree_diff.h"

namespace thexp {
namespace {

// What the snapshot is compared with.
std::unique_ptr<CodeTree> open_commit(const Snapshot& snapshot) {
  bool is_whole = snapshot.kind == SnapshotKind::kGit ||
                  (snapshot.kind == SnapshotKind::kCopy && snapshot.whole);
  if (!is_whole) {
    throw UsageError(
        snapshot.kind == SnapshotKind::kCopy
            ? "the code was copied outside git: there is no commit to compare "
              "it with"
            : "the run has no snapshot of its code" +
                  (snapshot.problem.empty() ? "" : ": " + snapshot.problem));
  }
  if (snapshot.commit.empty()) return std::make_unique<EmptyTree>();
  return git::open_tree(snapshot,
                        git::tree_of_commit(snapshot, snapshot.commit));
}

}  // namespace

std::unique_ptr<CodeTree> open_code(const Snapshot& snapshot) {
  switch (snapshot.kind) {
    case SnapshotKind::kGit:
      return git::open_tree(snapshot, snapshot.tree);
    case SnapshotKind::kCopy:
      return CodeStore(snapshot.store).tree(snapshot.tree);
    case SnapshotKind::kNone:
      break;
  }
  throw UsageError("the run has no snapshot of its code" +
                   (snapshot.problem.empty() ? "" : ": " + snapshot.problem));
}

std::vector<CodeFile> files(const Snapshot& snapshot) {
  return open_code(snapshot)->files();
}

std::vector<CodeChange> changes(const Snapshot& snapshot) {
  return changes_between(*open_commit(snapshot), *open_code(snapshot));
}

std::string patch(const Snapshot& snapshot) {
  if (snapshot.kind != SnapshotKind::kGit) {
    return diff_trees(*open_commit(snapshot), *open_code(snapshot));
  }
  std::string old_tree = snapshot.commit.empty()
                             ? ""
                             : git::tree_of_commit(snapshot, snapshot.commit);
  return git::patch(snapshot, old_tree, snapshot.tree);
}

std::string diff(const Snapshot& a, const Snapshot& b) {
  bool one_repository = a.kind == SnapshotKind::kGit &&
                        b.kind == SnapshotKind::kGit &&
                        a.git_folder == b.git_folder;
  if (one_repository) return git::patch(a, a.tree, b.tree);
  return diff_trees(*open_code(a), *open_code(b));
}

void remove_snapshot(const Snapshot& snapshot) {
  if (snapshot.kind != SnapshotKind::kGit) return;
  if (!starts_with(snapshot.ref, "refs/thexp/")) {
    throw UsageError("the ref '" + snapshot.ref +
                     "' is of no snapshot: those begin with refs/thexp/");
  }
  git::delete_ref(snapshot);
}

uint64_t remove_unused_copies(const fs::path& store,
                              const std::vector<Snapshot>& used) {
  CodeStore copies(store);
  std::vector<std::string> trees;
  for (const Snapshot& snapshot : used) {
    bool is_here =
        snapshot.kind == SnapshotKind::kCopy && copies.has_tree(snapshot.tree);
    if (is_here) trees.push_back(snapshot.tree);
  }
  return copies.remove_unused(trees);
}

}  // namespace thexp
