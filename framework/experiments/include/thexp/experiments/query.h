#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thexp/experiments/filter.h"
#include "thexp/experiments/run_field.h"
#include "thexp/experiments/run_index.h"

namespace thexp {

/// In which order runs come: "-eval/acc,params.seed" is by falling eval/acc,
/// and where that is equal by rising seed. Texts are ordered as people do
/// ("v9", "v10"); runs without a value come last.
class RunOrder {
 public:
  RunOrder() = default;
  /// @throws UsageError for an empty name.
  explicit RunOrder(const std::string& keys);

  void sort(std::vector<RunEntry>& runs) const;

  /// @throws UsageError for a name that none of these runs has.
  void check_names(const std::vector<RunEntry>& runs) const;

 private:
  struct Key {
    RunField field;
    bool falling;
  };

  std::vector<Key> keys_;
};

/// What a Query found.
struct QueryResult {
  /// The entries point into it.
  std::shared_ptr<const RunIndex> index;
  std::vector<RunEntry> runs;
  // What was left out because it does not train for real: see Query::all().
  int64_t evaluations = 0;
  int64_t dry_runs = 0;
};

/// Finds runs of a workspace:
///
///     auto best = Query("runs").experiment("mnist").filter("params.seed == 1")
///                     .sort("-eval/acc").limit(3).runs();
///
/// Without a sort the newest comes first.
class Query {
 public:
  /// @throws FileError when there is no such folder.
  explicit Query(const std::filesystem::path& workspace = workspace_path(),
                 const Clock& clock = Clock::system());

  /// Only runs of this experiment; "" means all.
  Query& experiment(std::string name);
  /// @throws UsageError for a text that is not a filter.
  Query& filter(const std::string& text);
  Query& sort(const std::string& keys);
  /// Only runs that began, ended or lived within so long before now.
  Query& within(std::chrono::duration<double> time);
  /// At most so many.
  Query& limit(std::size_t count);
  /// Whether evaluations (info.phase) and dry runs (info.dry_run) count, too.
  Query& all(bool value);

  /// @throws UsageError for an experiment that is not there, or a name that no
  /// run of the workspace has; FileError as RunIndex.
  QueryResult find() const;

  /// The same, all of each run.
  std::vector<RunRecord> runs() const;

 private:
  bool matches(const RunEntry& run) const;

  Workspace workspace_;
  std::string experiment_;
  Filter filter_;
  RunOrder order_;
  std::optional<std::chrono::duration<double>> within_;
  std::optional<std::size_t> limit_;
  bool all_ = false;
};

}  // namespace thexp
