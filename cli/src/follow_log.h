#pragma once

#include <cstddef>
#include <string>

#include "thexp/base/file.h"

namespace thexp::cli {

// What is added to a run's console.log, piece by piece.
class LogReader {
 public:
  explicit LogReader(fs::path run);

  // Whole lines that were not read yet; "" when there are none. After a resume
  // has cut the log back, from there on.
  std::string read_more();
  // Whether the last read_more() found it cut back.
  bool was_cut() const { return was_cut_; }

 private:
  const fs::path path_;
  std::size_t position_ = 0;
  bool was_cut_ = false;
};

// Prints the log as it grows, and on a terminal the moving line below it, until
// the run has ended. Returns the tool's exit code.
int follow_log(const fs::path& run,
               std::string first,
               LogReader& log,
               bool with_frames);

}  // namespace thexp::cli
