#pragma once

#include "thexp/base/descriptor.h"
#include "thexp/base/file.h"

namespace thexp {

// A folder in which one process at a time changes files, as long as this lives:
// an flock on its file ".lock", so that it ends with the process, however that
// ends.
class LockedFolder {
 public:
  // Makes the folder where it is missing, and waits for its turn.
  // @throws FileError
  explicit LockedFolder(const fs::path& folder);

 private:
  Descriptor file_;
};

}  // namespace thexp
