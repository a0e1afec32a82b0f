#include "folder_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <memory>

#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"
#include "thexp/base/parallel.h"
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

  bool is_private(const char* name) const {
    return ::faccessat(descriptor(), name, R_OK | X_OK, AT_EACCESS) != 0 &&
           errno == EACCES;
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

// Looks at what lies in some experiments' folders, all at once.
class Scan {
 public:
  explicit Scan(std::vector<RunFolder>& found) : found_(found) {}

  // Few folders are open at a time: systems allow 1024 files.
  void add(Folder opened, const std::string& experiment) {
    constexpr std::size_t kMostOpen = 64;
    if (folders_.size() == kMostOpen) finish();
    folders_.push_back(std::move(opened));
    Folder& folder = folders_.back();
    while (const char* name = folder.next()) {
      candidates_.push_back({&folder, {experiment, name, {}, {}}});
    }
  }

  void finish() {
    constexpr std::size_t kAtOnce = 256;
    const std::size_t count = candidates_.size();
    parallel_for((count + kAtOnce - 1) / kAtOnce, [&](std::size_t i) {
      std::size_t end = std::min(count, (i + 1) * kAtOnce);
      for (std::size_t at = i * kAtOnce; at < end; ++at) look(candidates_[at]);
    });
    for (Candidate& each : candidates_) {
      if (each.is_run) found_.push_back(std::move(each.run));
    }
    candidates_.clear();
    folders_.clear();
  }

 private:
  struct Candidate {
    const Folder* folder;
    RunFolder run;
    bool is_run = false;
  };

  static void look(Candidate& candidate) {
    const Folder& folder = *candidate.folder;
    RunFolder& run = candidate.run;
    run.run = folder.stamp(run.name + "/run.json");
    candidate.is_run =
        run.run.is_there() ||
        (is_run_id(run.name) && folder.is_folder(run.name.c_str()));
    if (!candidate.is_run) return;
    run.labels = folder.stamp(run.name + "/labels.json");
  }

  std::vector<RunFolder>& found_;
  std::list<Folder> folders_;  // they stay where they are
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<RunFolder> scan_folders(const fs::path& workspace,
                                    std::vector<std::string>& problems) {
  std::vector<RunFolder> found;
  Scan scan(found);
  Folder root(AT_FDCWD, workspace.c_str(), workspace);
  while (const char* name = root.next()) {
    std::string experiment = name;
    if (!root.is_folder(name)) continue;
    if (root.is_private(name)) {
      problems.push_back(
          FileError::cannot_list(workspace / experiment, EACCES).what());
      continue;
    }
    scan.add(Folder(root.descriptor(), name, workspace / experiment),
             experiment);
  }
  scan.finish();
  return found;
}

}  // namespace thexp
