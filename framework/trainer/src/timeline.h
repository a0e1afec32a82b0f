#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {

/// The append-only files of a run: console.log, metrics.jsonl, the event files,
/// and the program's own (OwnFiles). A checkpoint says how long they were, and
/// a resume cuts them back, so that they read as if training had never stopped.
/// The log's marked lines come and go by the clock: those before the cut stay,
/// which what a log tells does not count (without_marked_lines()).
class Timeline {
 public:
  /// `own`: the program's own files among them.
  explicit Timeline(fs::path run, std::vector<std::string> own = {})
      : run_(std::move(run)), own_(std::move(own)) {}

  /// How long the files are; -1 for a log of which not everything was written.
  Value lengths(bool log_is_whole) const;

  /// Waits until those lengths are on the disk. @throws FileError
  void sync() const;

  /// Cuts the files back to these lengths, and removes the event files that
  /// were begun later: what was written after the checkpoint happens again.
  /// Returns warnings about files that are shorter.
  std::vector<std::string> cut_back(const Value& lengths) const;

  /// A checkpoint may come from anybody. @throws FormatError where it has
  /// lengths of files outside of its run's folder.
  static void require_own_files(const fs::path& checkpoint,
                                const Value& lengths);

 private:
  fs::path run_;
  std::vector<std::string> own_;
};

}  // namespace thexp
