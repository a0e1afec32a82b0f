#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "thexp/tracking/run_record.h"

namespace thexp {

/// How a run is packed.
class ExportOptions {
 public:
  /// A folder with the run's code, packed as `.code/`. Default: none.
  ExportOptions& code(std::filesystem::path value) {
    code_ = std::move(value);
    return *this;
  }
  /// Also a run that a process still writes: what it holds at this moment.
  ExportOptions& running(bool value) {
    running_ = value;
    return *this;
  }

  const std::filesystem::path& code() const { return code_; }
  bool running() const { return running_; }

 private:
  std::filesystem::path code_;
  bool running_ = false;
};

/// What export_run() packed.
struct ExportedRun {
  std::uintmax_t files = 0;
  std::uintmax_t bytes = 0;  ///< of these files, unpacked
  /// Links that lead out of the run, devices and the like: not packed.
  std::vector<std::string> left_out;
};

/// Whether this build has the library for it (libarchive).
bool can_archive();

/// Packs a run's folder into one file, whose suffix says how: .tar.zst, .tar.gz
/// or .tar. It appears under its name when it is complete.
/// @throws UsageError for another suffix, for a running run, and in a build
/// without libarchive; FileError.
ExportedRun export_run(const RunRecord& run,
                       const std::filesystem::path& file,
                       const ExportOptions& options = {});

/// Unpacks it into `<workspace>/<experiment>/<id>`, which appears when it is
/// complete. @returns that folder.
///
/// The file may be from anybody: nothing is written outside of that folder.
/// @throws FormatError where it is damaged or no such file, and for what no
/// export makes (absolute paths, "..", links, devices, a path twice, more than
/// it says that it holds); UsageError where the run is there already, or the
/// disk has less room than it needs; FileError.
std::filesystem::path import_run(const std::filesystem::path& file,
                                 const std::filesystem::path& workspace);

/// A note in the folder of a run that import_run() made. Its code snapshot in
/// git, if there is one here, belongs to the run that was packed.
constexpr const char* kImportedNote = ".imported.json";

inline bool was_imported(const std::filesystem::path& run_folder) {
  return std::filesystem::exists(run_folder / kImportedNote);
}

}  // namespace thexp
