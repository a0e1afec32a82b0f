#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run_files.h"

namespace thexp {

// A folder whose files are a run's, and what was there when that began: those
// whose names end in one of the suffixes (all, where there are none).
struct WatchedFolder {
  WatchedFolder(const fs::path& path, std::vector<std::string> name_suffixes);

  bool wants(const std::string& name) const;

  fs::path folder;  // absolute
  std::vector<std::string> suffixes;
  struct File {
    fs::path path;
    struct stat status;
  };
  std::vector<File> there;
};

// The files of a run, as files.json in its folder lists them. One thread.
class FileList {
 public:
  static constexpr const char* kFileName = "files.json";

  // What a process before listed is known. The run began at `start`.
  FileList(const fs::path& run, SystemTime start);

  // What is there already, and is older than the run, is untouched.
  void watch(WatchedFolder folder);

  // Looks what has become of the files. Those that grow all the time are
  // hashed at the end alone. Throws FileError.
  void update(bool is_end);
  // Whether update() has found something new since the last write().
  bool has_changed() const { return changed_; }
  void write();

  // {"count": …, "bytes": …} of those that are there.
  Value summary() const;
  std::vector<RunFile> files() const;

 private:
  struct Entry {
    bool is_of(const struct stat& status) const;
    void take(const std::string& name, const struct stat& status);
    bool lacks_hash(bool is_end) const;

    RunFile file;
    int64_t changed = 0;  // nanoseconds
    uint64_t inode = 0;
    bool is_there = false;  // at this update
  };
  void read();
  void visit(const WatchedFolder& watched, bool is_end);
  void look(const fs::path& path, FileState state, bool is_end);
  void note(const WatchedFolder::File& found, FileState state, bool is_end);
  void refresh(RunFile& file, const fs::path& path, bool is_same, bool is_end);
  std::string name_of(const fs::path& path) const;
  bool is_bookkeeping(const std::string& name) const;

  const fs::path run_;  // absolute
  const SystemTime start_;
  std::vector<WatchedFolder> watched_;
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace thexp
