#pragma once

#include "thexp/base/file.h"

namespace thexp {

// A run's folder, locked as long as this lives (flock, so that it ends with the
// process, however that ends): two processes never write into one run. On a
// file system without locks it holds nothing back.
class RunLock {
 public:
  /// @throws UsageError when another one holds it, FileError without a folder.
  explicit RunLock(const fs::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Throws FileError when the folder is no longer where it was, even if
  /// another one is there.
  void require_in_place() const;

 private:
  const fs::path folder_;
  int descriptor_;
};

}  // namespace thexp
