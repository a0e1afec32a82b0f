#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {

/// The program's own append-only files in its run's folder. A checkpoint says
/// how long they were, and a resume cuts them back, as it does the log.
class OwnFiles {
 public:
  /// A resumed run's, which had these files then.
  void continue_with(const Value& lengths);

  /// Opens it, the first time. One that was begun after the checkpoint begins
  /// anew. @throws UsageError unless it is a plain file name that the run does
  /// not use itself; FileError.
  AppendFile& open(const fs::path& folder, const std::string& name);

  /// Also from another thread.
  std::vector<std::string> names() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<AppendFile>> files_;
  std::set<std::string> names_;
  bool is_continued_ = false;
};

}  // namespace thexp
