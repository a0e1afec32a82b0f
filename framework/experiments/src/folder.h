#pragma once

#include <vector>

#include "thexp/base/file.h"

namespace thexp {

// The folders in a folder, by name; none where it is missing. Links count as
// what they lead to.
std::vector<fs::path> folders_in(const fs::path& folder);

// Moves a folder within its file system, durably. It never takes the place of
// another one. False where `to` is taken.
// @throws FileError
bool move_folder(const fs::path& from, const fs::path& to);

// Removes a file, or a folder with all it holds; one that is not there is fine.
// @throws FileError
void remove_tree(const fs::path& path);

}  // namespace thexp
