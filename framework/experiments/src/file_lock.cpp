#include "file_lock.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "thexp/base/error.h"

namespace thexp {
namespace {

constexpr mode_t kMode = 0666;  // the umask takes from it

void wait_for_lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
  }
}

}  // namespace

// Who held it removed the file: a lock on that one keeps nobody out, for the
// next process makes the file anew.
FileLock::FileLock(fs::path path) : path_(std::move(path)) {
  do {
    file_ =
        Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
    if (!file_.is_open()) {
      throw FileError::system("cannot write", path_, errno);
    }
    wait_for_lock(file_.get());
  } while (!is_in_place());
}

FileLock::~FileLock() { ::unlink(path_.c_str()); }

bool FileLock::is_in_place() const {
  struct stat named;
  struct stat locked;
  return ::stat(path_.c_str(), &named) == 0 &&
         ::fstat(file_.get(), &locked) == 0 && named.st_ino == locked.st_ino &&
         named.st_dev == locked.st_dev;
}

}  // namespace thexp
