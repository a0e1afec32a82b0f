#include <unistd.h>

#include <cerrno>

#include "temporary_name.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// What file systems without links answer: vfat, exFAT, SMB, FUSE.
bool has_no_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS ||
         error == EINVAL || error == EMLINK;
}

bool made(int result, const fs::path& link) {
  if (result == 0) return true;
  if (has_no_links(errno)) return false;
  throw FileError::system("cannot make link", link, errno);
}

void give_name(const fs::path& temporary, const fs::path& link) {
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    int error = errno;
    ::unlink(temporary.c_str());
    throw FileError::system("cannot replace link", link, error);
  }
  sync_directory(link.parent_path());
}

}  // namespace

void replace_link(const fs::path& link, const fs::path& target) {
  std::error_code absent;
  if (fs::is_directory(fs::symlink_status(link, absent))) return;
  fs::path temporary = temporary_name(link);
  if (made(::symlink(target.filename().c_str(), temporary.c_str()), link)) {
    return give_name(temporary, link);
  }
  if (made(::link(target.c_str(), temporary.c_str()), link)) {
    give_name(temporary, link);
    return remove_file(temporary);  // where it was that file's already
  }
  copy_file_atomic(target, link);
}

}  // namespace thexp
