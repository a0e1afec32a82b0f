#pragma once

#include <deque>
#include <string>
#include <vector>

#include "indexed_run.h"
#include "packed_value.h"
#include "thexp/base/clock.h"

namespace thexp {

// Where the entries of a RunIndex point to.
class IndexStore {
 public:
  IndexStore(fs::path root, const Clock& clock)
      : root_(std::move(root)), clock_(clock), now_(clock.now()) {}

  // Reads the cache and what it lacks, and renews it.
  void load();

  const std::vector<IndexedRun>& runs() const { return runs_; }
  const fs::path& root() const { return root_; }
  const Clock& clock() const { return clock_; }
  SystemTime now() const { return now_; }
  const KeyTable& keys() const { return keys_; }
  std::size_t read_anew() const { return read_anew_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<IndexedRun> load_cache();
  IndexedRun read(RunFolder folder);
  void read_labels(IndexedRun& run);
  void judge(IndexedRun& run);
  void find_parts(IndexedRun& run) const;
  std::string_view keep(const Value& value);
  void save() const;

  fs::path root_;
  const Clock& clock_;
  SystemTime now_;
  KeyTable keys_;
  std::string cache_;               // runs_ point into it
  std::deque<std::string> packed_;  // and into these
  std::vector<IndexedRun> runs_;
  std::vector<std::string> problems_;
  std::size_t read_anew_ = 0;
};

}  // namespace thexp
