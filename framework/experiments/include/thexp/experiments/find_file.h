#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "thexp/tracking/run_files.h"

namespace thexp {

/// A file that a run made or changed.
struct FileOrigin {
  std::filesystem::path run;   ///< the run's folder
  RunFile file;                ///< as the run lists it
  std::filesystem::path path;  ///< where the run left it
  bool has_content = false;    ///< its content is the one that is asked for
};

/// The runs among `runs` (their folders) that made a file, by its content: it
/// may lie anywhere, under any name. A run that made it under its very path,
/// with another content than it has now, is there, too, without `has_content`.
/// A run whose list cannot be read is left out.
/// @throws FileError when `file` cannot be read.
std::vector<FileOrigin> find_file(
    const std::filesystem::path& file,
    const std::vector<std::filesystem::path>& runs);

}  // namespace thexp
