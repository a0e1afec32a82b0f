#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "thexp/base/clock.h"

namespace thexp {

/// What became of a file while its run went on.
enum class FileState {
  kUntouched,  ///< it was there before, in a folder that is watched
  kCreated,
  kModified,
  kDeleted
};

/// "untouched", "created", "modified", "deleted".
const char* file_state_name(FileState state);

/// A file of a run.
struct RunFile {
  std::string path;  ///< relative to the run's folder; absolute outside of it
  uint64_t bytes = 0;
  std::string hash;  ///< content_hash(); empty while it is being written
  FileState state = FileState::kCreated;
  SystemTime time;  ///< when its content last changed, or it was gone
};

/// The files of the run in `run`, in alphabetic order: what `files.json` there
/// lists, and, where the run was killed and could not list them itself, what
/// is there now. None for a run of an earlier version.
/// @throws FileError and FormatError for a file that cannot be read.
std::vector<RunFile> read_run_files(const std::filesystem::path& run);

}  // namespace thexp
