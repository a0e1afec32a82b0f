// Stands in for the files git_*.cpp where libgit2 is missing.
#include "git_objects.h"
#include "source_places.h"
#include "thexp/base/error.h"
#include "work_tree.h"

namespace thexp {
namespace {

constexpr const char* kMissing = "thexp was built without libgit2";

}  // namespace

std::unique_ptr<WorkTree> open_work_tree(const fs::path& folder) {
  if (folder_with_git(folder).empty()) return nullptr;
  throw Error(kMissing);
}

std::unique_ptr<CodeTree> git::open_tree(const Snapshot&, const std::string&) {
  throw Error(kMissing);
}

std::string git::tree_of_commit(const Snapshot&, const std::string&) {
  throw Error(kMissing);
}

std::string git::patch(const Snapshot&,
                       const std::string&,
                       const std::string&) {
  throw Error(kMissing);
}

void git::delete_ref(const Snapshot&) { throw Error(kMissing); }

}  // namespace thexp
