#pragma once

#include <memory>
#include <string>

#include "code_tree.h"
#include "thexp/snapshot/snapshot.h"

// Reads snapshots in git. All of these open the repository of `where`.
// @throws Error when it is gone or lacks what is asked for.
namespace thexp::git {

std::unique_ptr<CodeTree> open_tree(const Snapshot& where,
                                    const std::string& tree);

std::string tree_of_commit(const Snapshot& where, const std::string& commit);

// A patch for git apply; an `old_tree` of "" is empty.
std::string patch(const Snapshot& where,
                  const std::string& old_tree,
                  const std::string& new_tree);

void delete_ref(const Snapshot& where);

}  // namespace thexp::git
