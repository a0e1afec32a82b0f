#pragma once

#include "thexp/base/descriptor.h"
#include "thexp/base/file.h"

namespace thexp {

// Held by one process at a time, as long as this lives (flock, so that it ends
// with the process, however that ends). The file is there only while somebody
// holds or awaits it. Not the file that it guards: that one is replaced, and a
// lock would stay with the old one. On a file system without locks it holds
// nothing back.
class FileLock {
 public:
  /// Waits for it. @throws FileError where the file cannot be made.
  explicit FileLock(fs::path path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  bool is_in_place() const;

  const fs::path path_;
  Descriptor file_;
};

}  // namespace thexp
