#pragma once

#include <string>
#include <vector>

#include "left_out.h"
#include "source_places.h"
#include "thexp/base/file.h"

namespace thexp {

// Files to copy: paths below `root`.
struct ChosenFiles {
  fs::path root;
  std::vector<std::string> paths;
};

// The files and folders that `names` mean, patterns too, each once. Relative
// ones begin at `base`. Names that fit nothing go to the list of `limits`.
ChosenFiles named_files(const std::vector<std::string>& names,
                        const fs::path& base,
                        Limits& limits);

// All files below `root` that look like code by their names.
ChosenFiles code_files_below(const fs::path& root);

// A folder in which CMake builds: its files are made, not written.
bool is_build_folder(const fs::path& folder);

}  // namespace thexp
