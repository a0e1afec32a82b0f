#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "thexp/base/file.h"

namespace thexp {

/// Numbers over steps, appended to a file, one JSON object a line:
///
///     {"step":120,"epoch":1,"tag":"train/loss","value":0.3}
///
/// record() only formats into a buffer; flush() appends the buffer to the file,
/// which a Run's background thread does about once a second. NaN and the
/// infinities are written as the texts "nan", "inf" and "-inf". One writer a
/// file; any thread may call.
class MetricStore {
 public:
  /// Opens the file for appending; a torn last line (a killed writer's) is cut
  /// off. @throws FileError
  explicit MetricStore(const std::filesystem::path& path);

  /// Flushes. An error is then lost: call flush() before to hear of it.
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  /// A value of `tag` at `step` (global, from 0) in `epoch`. The same tag and
  /// step again replaces the value. @throws UsageError when the tag is empty,
  /// or the step is smaller than this store's last one of the tag.
  void record(std::string_view tag,
              double value,
              std::int64_t step,
              std::int64_t epoch);

  /// From here on steps may be smaller again: the training went back to a
  /// checkpoint. A reader drops a tag's points from the first such step on.
  void rewind();

  /// Appends what is buffered. @throws FileError; the values are then kept and
  /// written by the next flush that succeeds, and the file holds whole lines.
  void flush();

  const std::filesystem::path& path() const { return file_.path(); }

 private:
  struct Tag {
    std::string json;
    std::int64_t last_step;
  };

  Tag& tag_at(std::string_view name, std::int64_t step);
  void append(const std::string& lines);

  std::mutex mutex_;  // of the buffer and the tags
  std::string buffer_;
  std::map<std::string, Tag, std::less<>> tags_;

  std::mutex file_mutex_;  // taken before mutex_
  std::string writing_;
  AppendFile file_;
};

}  // namespace thexp
