#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run_record.h"
#include "thexp/tracking/workspace.h"

namespace thexp {

struct IndexedRun;
class IndexStore;
class PackedValue;

/// A run in a RunIndex, which must outlive it: keep the index, or the
/// QueryResult, in a variable. What is asked for is unpacked then; copies are
/// cheap.
class RunEntry {
 public:
  RunEntry(const IndexStore& store, const IndexedRun& run);

  std::filesystem::path path() const;
  /// The experiment's folder, and the run's in it.
  const std::string& experiment() const;
  const std::string& id() const;
  /// "experiment/id"
  std::string name() const;
  int64_t number() const;  ///< of its experiment, from 1; 0 where it has none

  /// As it is now: see read_run().
  RunStatus status() const;
  /// Why run.json cannot be read, or labels.json; empty when it can.
  const std::string& problem() const;
  const std::string& labels_problem() const;

  SystemTime start() const;
  std::optional<SystemTime> end() const;
  /// Its end, or when it was last known to live.
  SystemTime last_sign() const;
  /// How long processes have worked on it, of a running one until now.
  std::chrono::duration<double> duration() const;
  /// How long ago it began.
  std::chrono::duration<double> age() const;

  bool is_evaluation() const;  ///< info.phase: it does not train
  bool is_dry_run() const;     ///< info.dry_run

  /// What a path such as "params.optim.lr" leads to in run.json, or in
  /// labels.json; none where it leads nowhere.
  std::optional<Value> find(std::string_view path) const;
  std::optional<Value> label(std::string_view path) const;

  /// All that run.json says.
  RunRecord record() const;

  /// For the library's own files.
  PackedValue packed() const;
  PackedValue packed_labels() const;
  PackedValue packed_info() const;
  PackedValue packed_params() const;
  PackedValue packed_metrics() const;

 private:
  const IndexStore* store_;
  const IndexedRun* run_;
};

/// All runs of a workspace, read through a cache, `<workspace>/.index`, which
/// may be deleted at any time and is not needed. A run whose run.json and
/// labels.json have the size, time and inode that they had is not read again.
/// Ten thousand runs are there in a tenth of a second.
class RunIndex {
 public:
  /// @throws FileError when the workspace's folders cannot be listed.
  explicit RunIndex(const Workspace& workspace);
  ~RunIndex();
  RunIndex(RunIndex&&) noexcept;
  RunIndex& operator=(RunIndex&&) noexcept;

  /// Which experiments cannot be read, and why.
  const std::vector<std::string>& problems() const;

  /// Newest first. One that cannot be read is kUnreadable.
  const std::vector<RunEntry>& runs() const { return runs_; }
  const std::filesystem::path& root() const;
  /// How many run folders were read because the cache did not have them.
  std::size_t read_anew() const;

 private:
  std::unique_ptr<IndexStore> store_;
  std::vector<RunEntry> runs_;
};

}  // namespace thexp
