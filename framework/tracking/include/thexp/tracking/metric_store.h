#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "thexp/tracking/event_file.h"

namespace thexp {

class BufferedFile;

/// Numbers over steps, appended to a file, one JSON object a line:
///
///     {"step":120,"epoch":1,"tag":"train/loss","value":0.3}
///
/// record() only formats into a buffer; flush() appends the buffer to the file,
/// which a Run's background thread does about once a second. NaN and the
/// infinities are written as the texts "nan", "inf" and "-inf". An EventFile,
/// where one is given, gets the same values. One writer a file; any thread may
/// call.
class MetricStore {
 public:
  /// Opens the file for appending; a torn last line (a killed writer's) is cut
  /// off. @throws FileError
  explicit MetricStore(const std::filesystem::path& path,
                       std::unique_ptr<EventFile> events = nullptr);

  /// Flushes. An error is then lost: call flush() before to hear of it.
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  /// A value of `tag` at `step` (global, from 0) in `epoch`. The same tag and
  /// step again replaces the value (an event file shows both). @throws
  /// UsageError when the tag is empty, or the step is smaller than this store's
  /// last one of the tag.
  void record(std::string_view tag, double value, int64_t step, int64_t epoch);

  /// The training went back to after `step`: later steps come again. A reader
  /// drops a tag's points from the first such step on.
  void rewind(int64_t step);

  /// Appends what is buffered. @throws FileError; the values are then kept and
  /// written by the next flush that succeeds, and the files hold whole lines
  /// and records.
  void flush();

  const std::filesystem::path& path() const;

 private:
  struct Tag {
    std::string json;
    int64_t last_step;
    std::optional<double> last_value;
  };

  Tag& tag_at(std::string_view name, int64_t step);

  std::mutex mutex_;  // of the tags, and of the line that is being made
  std::map<std::string, Tag, std::less<>> tags_;
  std::string line_;
  std::unique_ptr<BufferedFile> file_;
  std::unique_ptr<EventFile> events_;
};

}  // namespace thexp
