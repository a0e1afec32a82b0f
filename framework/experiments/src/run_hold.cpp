#include "run_hold.h"

#include <sys/file.h>

#include <cerrno>

#include "thexp/base/error.h"

namespace thexp {

// A file system without locks holds nothing back.
RunHold::RunHold(const fs::path& folder)
    : folder_(folder),
      descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!descriptor_.is_open()) {
    throw FileError::system("cannot open folder", folder, errno);
  }
  held_ = ::flock(descriptor_.get(), LOCK_EX | LOCK_NB) == 0 ||
          errno != EWOULDBLOCK;
}

void RunHold::require() const {
  if (held_) return;
  throw UsageError("run '" + folder_.string() +
                   "' is being written by another process; stop it first, or "
                   "use --force");
}

}  // namespace thexp
