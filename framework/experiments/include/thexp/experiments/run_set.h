#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "thexp/experiments/run_index.h"

namespace thexp {

struct SetLine;

/// A set of runs that belong together, in a file that people may write, too:
/// `<workspace>/.sets/<name>.txt`, a run a line ("experiment/id", or whatever
/// Workspace::find() takes), `#` begins a comment. The set "finished" has no
/// file: it holds all completed runs that trained.
///
///     RunSet set(workspace, "paper");
///     set.add({workspace.find("mnist")});
///     for (const RunEntry& run : set.runs(index)) …
class RunSet {
 public:
  static constexpr const char* kFinished = "finished";

  /// @throws UsageError when `name` can be no file's name.
  RunSet(const Workspace& workspace, std::string name);

  /// Those that there are, "finished" first.
  static std::vector<std::string> names(const Workspace& workspace);

  const std::string& name() const { return name_; }
  std::filesystem::path file() const;
  bool exists() const;

  /// Adds the runs that it does not have; any number of processes may do so at
  /// once. Returns the names of those that were added. @throws UsageError for
  /// "finished", FileError when the disk refuses.
  std::vector<std::string> add(const std::vector<RunRecord>& runs);

  /// Its runs, in its order; of "finished" the newest first.
  /// @throws UsageError when there is no such set, with those there are, or
  /// when a line names no run or several. With `problems` such lines are noted
  /// there, and the other runs are the result.
  std::vector<RunEntry> runs(
      const RunIndex& index,
      std::vector<std::string>* problems = nullptr) const;

  /// The columns of its table (RunField), from `.sets/<name>.columns`; empty
  /// when nobody chose any. Comments there survive set_columns().
  std::filesystem::path columns_file() const;
  std::vector<std::string> columns() const;
  void set_columns(const std::vector<std::string>& names);

 private:
  using EntryByName = std::unordered_map<std::string, const RunEntry*>;

  const RunEntry* entry_at(const SetLine& line,
                           const EntryByName& by_name) const;

  const Workspace& workspace_;
  std::string name_;
};

}  // namespace thexp
