#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/error.h"
#include "thexp/tracking/run_record.h"

namespace thexp {

/// The folder of all experiments: `given` when it is not empty, else the
/// environment's THEXP_WORKSPACE, in which `~/` and `${NAME}` are expanded,
/// else "runs". @throws UsageError for one that cannot be expanded.
std::filesystem::path workspace_path(const std::string& given = "");

/// @throws UsageError when `name` cannot be an experiment's name: it must be a
/// folder's name of 1 to 200 bytes that does not start with "." and holds no
/// "/" and no control character.
void check_experiment_name(const std::string& name);

/// Whether a folder of this name in an experiment's is a run's, also without a
/// run.json.
bool is_run_id(const std::string& name);

/// Whether a text in the place of an id is a run's number: up to six digits.
/// More of them begin an id, with its date.
bool is_run_number(const std::string& text);

/// No run has the name that was asked for.
class UnknownRunError : public UsageError {
 public:
  using UsageError::UsageError;
};

/// Finds and reads runs; writes nothing.
class Workspace {
 public:
  /// @throws FileError when there is no such folder.
  explicit Workspace(std::filesystem::path root,
                     const Clock& clock = Clock::system());

  const std::filesystem::path& root() const { return root_; }
  const Clock& clock() const { return clock_; }

  /// Names of the experiments, in alphabetic order.
  std::vector<std::string> experiments() const;

  /// Whether there is a run of it.
  bool has_experiment(const std::string& name) const;

  /// @throws UsageError when the experiment has no run; the message lists those
  /// that do.
  void require_experiment(const std::string& name) const;

  /// All runs, or those of one experiment, newest first. A folder whose
  /// run.json cannot be read gives a record with kUnreadable and its `error`.
  /// @throws UsageError when there is no such experiment, with those there are.
  std::vector<RunRecord> runs(const std::string& experiment = "") const;

  /// The folders of all runs, or of one experiment's, in alphabetic order; none
  /// where there is no such experiment. Nothing in them is read.
  std::vector<std::filesystem::path> folders(
      const std::string& experiment = "") const;

  /// The run that `name` means:
  ///
  /// - the path of a run folder, or "experiment/id";
  /// - "@-1", the newest run, "@-2", the one before it, …;
  /// - an experiment: its newest run; "experiment/3": its third;
  /// - an id, or the beginning or end of exactly one;
  /// - a tag of people (labels.json): the newest run that has it.
  ///
  /// @throws UnknownRunError when nothing fits, UsageError when several runs
  /// do; FileError or
  /// FormatError when the folder's run.json cannot be read.
  RunRecord find(const std::string& name) const;

 private:
  std::vector<RunRecord> runs_below(const std::string& experiment) const;
  RunRecord read(const std::filesystem::path& folder) const;

  std::filesystem::path root_;
  const Clock& clock_;
};

}  // namespace thexp
