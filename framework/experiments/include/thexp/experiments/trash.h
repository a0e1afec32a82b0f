#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/tracking/run_record.h"

namespace thexp {

/// A run in the trash.
struct TrashedRun {
  std::string experiment;
  std::string id;
  std::filesystem::path path;  ///< where it lies now
  SystemTime removed;
  std::uintmax_t bytes = 0;

  std::string name() const { return experiment + "/" + id; }
};

/// What Trash::empty() deletes for good, or would.
struct Garbage {
  std::vector<TrashedRun> runs;
  /// Files and folders that a killed process left unfinished.
  std::vector<std::filesystem::path> leftovers;
  std::uintmax_t bytes = 0;  ///< of all of it
};

/// The runs that people removed from a workspace, in
/// `<workspace>/.trash/<experiment>/<id>`. A run goes there and back by one
/// rename: a process that is killed leaves it whole in one of both places.
class Trash {
 public:
  explicit Trash(std::filesystem::path workspace,
                 const Clock& clock = Clock::system());

  /// Moves runs of the workspace to the trash. All are checked before the first
  /// one moves. `force` also moves one that a process still writes (its
  /// training then fails at its next write) and one that others go on from.
  /// @throws UsageError for those without it, for a run that is not in this
  /// workspace, and where the trash holds its name; FileError.
  std::vector<TrashedRun> remove(const std::vector<RunRecord>& runs,
                                 bool force = false);

  /// The one removed last comes first.
  std::vector<TrashedRun> runs() const;

  /// The run that `name` means: "experiment/id", an id, the beginning or end of
  /// exactly one id, or an experiment (the one removed last).
  /// @throws UsageError when nothing or several fit, with near names.
  TrashedRun find(const std::string& name) const;

  /// Puts it back. @returns where it is then. @throws UsageError where its
  /// place is taken, FileError.
  std::filesystem::path restore(const TrashedRun& run);

  /// What was removed at least `older` ago, and leftovers of killed processes
  /// that are older than an hour.
  Garbage garbage(std::chrono::duration<double> older = {}) const;

  /// Deletes garbage for good. `forget` is told of each run before its files
  /// go, to free what it holds elsewhere (its code snapshot). @throws FileError
  void empty(const Garbage& garbage,
             const std::function<void(const RunRecord&)>& forget = {});

 private:
  TrashedRun move_away(const RunRecord& run);

  std::filesystem::path workspace_;
  std::filesystem::path root_;
  const Clock& clock_;
};

/// The bytes of all files below a folder; links are not followed.
std::uintmax_t folder_bytes(const std::filesystem::path& folder);

}  // namespace thexp
