#include "run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "thexp/base/error.h"

namespace thexp {

RunLock::RunLock(const fs::path& folder)
    : folder_(folder),
      descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw FileError::system("cannot open folder", folder, errno);
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
    return;
  }
  ::close(descriptor_);
  throw UsageError(
      fmt::format("run '{}' cannot be opened: another process is writing to it",
                  folder.string()));
}

RunLock::~RunLock() { ::close(descriptor_); }

void RunLock::require_in_place() const {
  struct stat there;
  struct stat locked;
  bool known = ::stat(folder_.c_str(), &there) == 0 &&
               ::fstat(descriptor_, &locked) == 0;
  if (!known) throw FileError::system("cannot write into", folder_, errno);
  if (there.st_ino == locked.st_ino && there.st_dev == locked.st_dev) return;
  throw FileError::system("cannot write into", folder_, ENOENT);
}

}  // namespace thexp
