#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "thexp/base/file.h"

namespace thexp {

// A file that only grows, by what was added to a buffer until the next flush().
// Any thread may call.
class BufferedFile {
 public:
  // The file is there from the first flush() with something to write, or from
  // open().
  explicit BufferedFile(fs::path path);

  // Throws FileError.
  void open();

  void add(std::string_view text);

  // Appends what was added: all of it, or nothing. Throws FileError; the text
  // is then kept for the next flush.
  void flush();

  // Whether somebody removed the file, and not its folder.
  bool was_removed();

  // What was added and is in no file yet. It is not kept.
  std::string take();

  const fs::path& path() const { return path_; }

 private:
  void take_added();
  void append();

  const fs::path path_;
  std::mutex mutex_;  // of added_
  std::string added_;

  std::mutex file_mutex_;  // of the rest; taken before mutex_
  std::string writing_;
  std::optional<AppendFile> file_;
};

}  // namespace thexp
