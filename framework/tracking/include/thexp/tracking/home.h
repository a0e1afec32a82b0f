#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace thexp {

/// The folder of what belongs to the user and to no project: $THEXP_HOME, else
/// `~/.thexp`. It need not be there. @throws UsageError when neither variable
/// THEXP_HOME nor HOME says where it is.
std::filesystem::path home_path();

/// A run that some program of this user began, and where it was last.
struct KnownRun {
  std::string experiment;
  std::string id;
  std::filesystem::path path;  ///< absolute

  /// Whether the run is still there.
  bool is_there() const;
};

/// Adds a line to `runs.jsonl` in the home folder. The newest line of an id
/// counts, so that a run that moved is noted again at its new place.
/// @throws FileError when that folder cannot be written, UsageError as
/// home_path().
void note_known_run(const KnownRun& run);

/// Every place where a run was noted, in the order of the notes; see
/// known_runs().
std::vector<KnownRun> noted_places();

/// The runs of `runs.jsonl`, in the order in which they were begun; none where
/// that file is missing, or nothing says where the home folder is. Lines that
/// cannot be read are left out.
/// @throws FileError when the file is there and cannot be read.
std::vector<KnownRun> known_runs();

/// The workspaces that hold these runs, in alphabetic order; those that are
/// still there.
std::vector<std::filesystem::path> known_workspaces();

}  // namespace thexp
