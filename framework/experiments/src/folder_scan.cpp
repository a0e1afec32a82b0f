#include "folder_scan.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

// An open folder. Paths below it are short for the system, which matters with
// ten thousand of them.
class Folder {
 public:
  Folder(int parent, const char* name, fs::path path) : path_(std::move(path)) {
    Descriptor opened(
        ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.is_open()) stream_.reset(::fdopendir(opened.get()));
    if (!stream_) throw FileError::cannot_list(path_, errno);
    opened.release();
  }

  int descriptor() const { return ::dirfd(stream_.get()); }

  // The next name of what may be a folder; nullptr at the end. Names that
  // begin with "." are never experiments or runs.
  const char* next() {
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream_.get());
      if (entry == nullptr && errno != 0) {
        throw FileError::cannot_list(path_, errno);
      }
      if (entry == nullptr) return nullptr;
      bool may_be = entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
                    entry->d_type == DT_UNKNOWN;
      if (may_be && entry->d_name[0] != '.') return entry->d_name;
    }
  }

  bool is_folder(const char* name) const {
    struct stat status;
    return ::fstatat(descriptor(), name, &status, 0) == 0 &&
           S_ISDIR(status.st_mode);
  }

  FileStamp stamp(const std::string& name) const {
    struct stat status;
    if (::fstatat(descriptor(), name.c_str(), &status, 0) != 0) return {};
    constexpr int64_t kSecond = 1000000000;
    return {status.st_size,
            status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec,
            status.st_ino};
  }

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };

  fs::path path_;
  std::unique_ptr<DIR, Close> stream_;
};

void scan_experiment(Folder folder,
                     const std::string& experiment,
                     std::vector<RunFolder>& found) {
  while (const char* name = folder.next()) {
    RunFolder run{experiment, name, {}, {}};
    run.run = folder.stamp(run.name + "/run.json");
    bool is_one =
        run.run.is_there() || (is_run_id(run.name) && folder.is_folder(name));
    if (!is_one) continue;
    run.labels = folder.stamp(run.name + "/labels.json");
    found.push_back(std::move(run));
  }
}

}  // namespace

std::vector<RunFolder> scan_folders(const fs::path& workspace) {
  std::vector<RunFolder> found;
  Folder root(AT_FDCWD, workspace.c_str(), workspace);
  while (const char* name = root.next()) {
    std::string experiment = name;
    if (!root.is_folder(name)) continue;
    scan_experiment(Folder(root.descriptor(), name, workspace / experiment),
                    experiment, found);
  }
  return found;
}

}  // namespace thexp
