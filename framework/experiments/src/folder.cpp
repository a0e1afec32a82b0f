#include "folder.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>

#include "thexp/base/error.h"
#include "thexp/experiments/trash.h"

namespace thexp {
namespace {

// Not every file system can do it in one step.
int rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                  RENAME_NOREPLACE) == 0) {
    return 0;
  }
  bool cannot = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
  if (!cannot) return errno;
  if (fs::exists(fs::symlink_status(to))) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  if (!fs::exists(folder)) return folders;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    std::error_code unreadable;  // a link to itself, say: it is not a folder
    if (at->is_directory(unreadable)) folders.push_back(at->path());
  }
  if (error) throw FileError::cannot_list(folder, error.value());
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool move_folder(const fs::path& from, const fs::path& to) {
  make_directories(to.parent_path());
  int error = rename_to_free_name(from, to);
  if (error == EEXIST || error == ENOTEMPTY) return false;
  if (error != 0) {
    throw FileError::system("cannot move to '" + to.string() + "' the folder",
                            from, error);
  }
  sync_directory(to.parent_path());
  sync_directory(from.parent_path());
  return true;
}

void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw FileError::system("cannot remove", path, error.value());
}

// A process may be making and removing files meanwhile.
std::uintmax_t folder_bytes(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    std::error_code gone;
    bool counts = !at->is_symlink(gone) && at->is_regular_file(gone);
    std::uintmax_t size = counts ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace thexp
