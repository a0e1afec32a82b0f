#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/base/file.h"

namespace thexp {

// Tells whether a file is still the one that was read.
struct FileStamp {
  static constexpr int64_t kAbsent = -1;
  static constexpr int64_t kNeverAgain = -2;  // equal to no file's

  int64_t bytes = kAbsent;
  int64_t changed = 0;  // nanoseconds since 1970
  uint64_t inode = 0;

  bool is_there() const { return bytes >= 0; }
  friend bool operator==(const FileStamp& a, const FileStamp& b) {
    return a.bytes == b.bytes && a.changed == b.changed && a.inode == b.inode;
  }
};

// A run's folder, <workspace>/<experiment>/<name>.
struct RunFolder {
  std::string experiment;
  std::string name;
  FileStamp run;     // of run.json
  FileStamp labels;  // of labels.json
};

// All run folders of a workspace, in no order. An experiment that only another
// user may read is noted in `problems`. @throws FileError
std::vector<RunFolder> scan_folders(const fs::path& workspace,
                                    std::vector<std::string>& problems);

}  // namespace thexp
