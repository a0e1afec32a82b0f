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

// The files of a run, as files.json in its folder lists them. One thread.
class FileList {
 public:
  static constexpr const char* kFileName = "files.json";

  // What a process before listed is known.
  explicit FileList(fs::path run);

  // Files below `folder` whose names end in one of the suffixes (all, where
  // there are none) are the run's, too. Those that are there already are
  // untouched, unless an earlier process of the run made them.
  void watch(const fs::path& folder, std::vector<std::string> suffixes);

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
  struct Watched {
    fs::path folder;
    std::vector<std::string> suffixes;
  };

  void read();
  void visit(const Watched& watched, FileState state, bool is_end);
  void note(const fs::path& path, FileState state, bool is_end);
  void refresh(RunFile& file, const fs::path& path, bool is_same, bool is_end);
  std::string name_of(const fs::path& path) const;
  bool is_bookkeeping(const std::string& name) const;

  const fs::path run_;
  std::vector<Watched> watched_;
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace thexp
