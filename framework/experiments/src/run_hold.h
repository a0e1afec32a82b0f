#pragma once

#include "thexp/base/descriptor.h"
#include "thexp/base/file.h"

namespace thexp {

// Keeps a process from beginning to write to a run, as long as this lives: the
// lock that a training takes. It stays with the folder when that moves.
class RunHold {
 public:
  /// Takes the lock if it is free. @throws FileError without a folder.
  explicit RunHold(const fs::path& folder);

  /// @throws UsageError when a process has the lock.
  void require() const;

 private:
  fs::path folder_;
  Descriptor descriptor_;
  bool held_ = false;
};

}  // namespace thexp
