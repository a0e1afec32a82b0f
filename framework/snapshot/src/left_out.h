#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/snapshot/snapshot.h"

namespace thexp {

// Decides which files are small and few enough for a snapshot, and lists those
// that are left out.
class Limits {
 public:
  explicit Limits(const SnapshotOptions& options);

  // Whether a file may be added; if not, it is on the list.
  bool accept(const std::string& path, uint64_t bytes);
  void leave_out(const std::string& path, const std::string& why);

  // At most a hundred; the last one tells how many more there are.
  std::vector<LeftOutFile> left_out() const;
  bool nothing_left_out() const { return list_.empty(); }

 private:
  std::string refusal(uint64_t bytes) const;

  uint64_t max_file_bytes_, max_total_bytes_, max_files_;
  uint64_t bytes_ = 0, files_ = 0, more_ = 0;
  std::vector<LeftOutFile> list_;
};

}  // namespace thexp
