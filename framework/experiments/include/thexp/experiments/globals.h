#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace thexp {

/// Whose a global is: the user's, in `config.yaml` of home_path(), or a
/// project's, in `.thexp/config.yaml` of its folder.
enum class GlobalLevel { kGlobal, kLocal };

/// "global" or "local".
const char* level_name(GlobalLevel level);

/// A global, and where it is set.
struct GlobalEntry {
  std::string name;
  std::string text;
  GlobalLevel level = GlobalLevel::kGlobal;
  std::filesystem::path file;
  int line = 0;        ///< of the file, from 1
  bool counts = true;  ///< false where the project's takes its place
};

/// Texts by name that belong to a machine or a project and to no run, such as
/// the folder of the data sets. A project's counts before the user's. Each call
/// reads the files, so that what others change is seen.
///
///     std::string root = thexp::globals()["datasets"];
///
/// A name is words of letters, digits, '_' and '-', joined by dots. Everything
/// that reads throws ParamError with file and line for a broken file, and
/// FileError for one that cannot be read.
class Globals {
 public:
  /// The project is the one that find_project(folder) finds.
  explicit Globals(
      const std::filesystem::path& folder = std::filesystem::current_path());

  /// @throws UsageError that says how to set it, where nobody has.
  std::string operator[](const std::string& name) const;

  std::optional<std::string> find(const std::string& name) const;

  /// All, by name; of one that is set twice the user's first.
  std::vector<GlobalEntry> list() const;

  /// Under a lock, so that changes of many processes at once all stay; a reader
  /// sees the file before or after it. Comments and the order of the file stay.
  /// @throws UsageError for an impossible name, for a text that is not UTF-8,
  /// and for a project's where there is none; FormatError where the file is
  /// written in a way that a line alone cannot change.
  void set(GlobalLevel level, const std::string& name, const std::string& text);

  /// @throws UsageError where it is not set at this level, and as set().
  void unset(GlobalLevel level, const std::string& name);

  /// The file of a level; it need not be there. @throws UsageError without a
  /// project.
  std::filesystem::path file(GlobalLevel level) const;

 private:
  std::vector<GlobalEntry> list(GlobalLevel level) const;

  std::filesystem::path project_;  // or empty
};

/// Those of the current folder.
Globals globals();

/// The nearest folder, `folder` or one above it, with a folder `.thexp` that is
/// not the user's own; empty where there is none.
std::filesystem::path find_project(const std::filesystem::path& folder);

/// Makes `folder` a project: `.thexp/config.yaml`, which stays as it is where
/// it is there already. @returns that file. @throws UsageError where `.thexp`
/// is the user's own folder, FileError.
std::filesystem::path init_project(const std::filesystem::path& folder);

}  // namespace thexp
