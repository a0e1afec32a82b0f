#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "thexp/base/mode.h"
#include "thexp/base/value.h"
#include "thexp/tracking/event_file.h"

namespace thexp {

/// Values over steps, appended to a file, one JSON object a line:
///
///     {"step":120,"epoch":1,"tag":"train/loss","value":0.3}
///
/// record() only notes the value; flush() writes the lines, which a Run's
/// background thread does about once a second. NaN and the infinities are
/// written as the texts "nan", "inf" and "-inf". An EventFile, where one is
/// given, gets the same numbers. One writer a file; any thread may call.
class MetricStore {
 public:
  /// Opens the file for appending; a torn last line (a killed writer's) is cut
  /// off. `earlier` is the summary() of the writer before.
  /// @throws FileError
  explicit MetricStore(const std::filesystem::path& path,
                       std::unique_ptr<EventFile> events = nullptr,
                       const Value& earlier = nullptr);

  /// Flushes. An error is then lost: call flush() before to hear of it.
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  /// A value of `tag` at `step` (global, from 0) in `epoch`. The same tag and
  /// step again replaces the value (an event file shows both). @throws
  /// UsageError when the tag is empty, or the step is smaller than this store's
  /// last one of the tag.
  void record(std::string_view tag, double value, int64_t step, int64_t epoch);

  /// The same for a value of any kind: text, a list, a dict. A number, and the
  /// texts "nan", "inf" and "-inf", are recorded as numbers.
  void record(std::string_view tag, Value value, int64_t step, int64_t epoch);

  /// In which direction the tag's values get better. Default: likely_mode().
  void set_mode(std::string_view tag, Mode mode);

  /// Of each tag the newest value and, of numbers, the best one:
  ///
  ///     {"eval/acc": {"value": 0.95, "step": 500, "epoch": 5, "best": 0.96,
  ///                   "best_step": 400, "best_epoch": 4, "mode": "max"}}
  Value summary() const;

  /// The training went back to after `step`: later steps come again. A reader
  /// drops a tag's points from the first such step on.
  void rewind(int64_t step);

  /// Appends what was recorded. @throws FileError; the values are then kept and
  /// written by the next flush that succeeds, and the files hold whole lines
  /// and records.
  void flush();

  const std::filesystem::path& path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thexp
