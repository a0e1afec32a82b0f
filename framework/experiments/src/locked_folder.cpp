#include "locked_folder.h"

#include <sys/file.h>

#include <cerrno>

#include "thexp/base/error.h"

namespace thexp {

LockedFolder::LockedFolder(const fs::path& folder) {
  make_directories(folder);
  fs::path file = folder / ".lock";
  file_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file_.is_open()) throw FileError::cannot_open(file, errno);
  while (::flock(file_.get(), LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    // A file system without locks: one writer at a time is then up to people.
    if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) return;
    throw FileError::system("cannot lock", file, errno);
  }
}

}  // namespace thexp
