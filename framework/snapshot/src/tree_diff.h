#pragma once

#include <string>
#include <vector>

#include "code_tree.h"

namespace thexp {

// What differs, in the order of the paths.
std::vector<CodeChange> changes_between(const CodeTree& a, const CodeTree& b);

// A unified diff in git's form; of binary files it says only that they differ.
std::string diff_trees(const CodeTree& a, const CodeTree& b);

}  // namespace thexp
