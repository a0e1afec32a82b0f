#include "thexp/tracking/metric_store.h"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buffered_file.h"
#include "metric_line.h"
#include "tag_summary.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/tracking/metric_reader.h"

namespace thexp {
namespace {

// A killed writer leaves half a line; the next one must not go on from there.
const fs::path& without_torn_line(const fs::path& path) {
  if (!fs::exists(path)) return path;
  std::string content = read_file(path);
  std::size_t whole = content.rfind('\n') + 1;  // npos + 1 is 0
  if (whole != content.size()) cut_file(path, whole);
  return path;
}

[[noreturn]] void throw_step_back(std::string_view tag,
                                  int64_t step,
                                  int64_t last) {
  throw UsageError(fmt::format(
      "metric '{}' was recorded at step {} after step {}: steps of a tag "
      "must not go back",
      tag, step, last));
}

[[noreturn]] void throw_negative(std::string_view tag, int64_t step) {
  throw UsageError(fmt::format(
      "metric '{}' was recorded at step {}: steps begin at 0", tag, step));
}

// A learning rate gets neither better nor worse.
std::optional<Mode> mode_of(const std::string& tag) {
  if (starts_with(tag, "lr/")) return std::nullopt;
  return likely_mode(tag);
}

}  // namespace

class MetricStore::Impl {
 public:
  Impl(const fs::path& path,
       std::unique_ptr<EventFile> events,
       const Value& earlier)
      : file_(without_torn_line(path)), events_(std::move(events)) {
    file_.open();
    if (!earlier.is_dict()) return;
    for (const auto& [name, summary] : earlier.as_dict()) {
      tags_.emplace(name, Tag(name, TagSummary(summary, mode_of(name))));
    }
    // A killed writer's last values are in the file alone.
    summarize_file(kAllSteps);
  }

  void record(std::string_view name,
              double value,
              int64_t step,
              int64_t epoch) {
    std::lock_guard<std::mutex> lock(mutex_);
    Tag& tag = tag_at(name, step);
    bool repeats = tag.last_value == value;  // at this step
    tag.last_value = value;
    tag.summary.add(value, step, epoch);
    noted_.push_back({&tag, value, step, epoch, repeats, std::nullopt});
  }

  void record(std::string_view name, Value value, int64_t step, int64_t epoch) {
    std::lock_guard<std::mutex> lock(mutex_);
    Tag& tag = tag_at(name, step);
    tag.last_value.reset();
    tag.summary.add(value, step, epoch);
    noted_.push_back({&tag, 0, step, epoch, false, std::move(value)});
  }

  void set_mode(std::string_view name, Mode mode) {
    std::lock_guard<std::mutex> lock(mutex_);
    find_or_add(name).summary.set_mode(mode);
  }

  Value summary() const {
    std::lock_guard<std::mutex> lock(mutex_);
    Value::Dict all;
    for (const auto& [name, tag] : tags_) {
      if (tag.summary.is_empty()) continue;
      all.emplace_back(name, tag.summary.to_value());
    }
    return all;
  }

  void rewind(int64_t step) {
    std::lock_guard<std::mutex> writing(write_mutex_);
    write_noted();
    file_.flush();
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& [name, tag] : tags_) {
      tag.last_step = kAnyStep;
      tag.last_value.reset();
    }
    summarize_file(step + 1);
    if (events_ != nullptr) events_->restart(step + 1);
  }

  void flush() {
    std::lock_guard<std::mutex> writing(write_mutex_);
    write_noted();
    file_.flush();
    if (events_ != nullptr) events_->flush();
  }

  const fs::path& path() const { return file_.path(); }

 private:
  static constexpr int64_t kAllSteps = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kAnyStep = -1;  // none was recorded since

  struct Tag {
    Tag(std::string_view tag_name, TagSummary known)
        : name(tag_name),
          json(Value(name).to_json()),
          summary(std::move(known)) {}

    std::string name;
    std::string json;
    int64_t last_step = kAnyStep;
    std::optional<double> last_value;
    TagSummary summary;
  };
  struct Noted {
    const Tag* tag;
    double number;
    int64_t step;
    int64_t epoch;
    bool repeats;
    std::optional<Value> other;
  };

  Tag& tag_at(std::string_view name, int64_t step) {
    Tag& tag = find_or_add(name);
    if (step < 0) throw_negative(name, step);
    if (step < tag.last_step) throw_step_back(name, step, tag.last_step);
    bool is_first = tag.last_step == kAnyStep;
    if (is_first && tag.summary.reaches(step)) take_back(tag, step);
    if (step > tag.last_step) tag.last_value.reset();
    tag.last_step = step;
    return tag;
  }

  Tag& find_or_add(std::string_view name) {
    auto found = tags_.find(name);
    if (found != tags_.end()) return found->second;
    if (name.empty()) throw UsageError("a metric was recorded without a tag");
    std::string key(name);
    TagSummary none(mode_of(key));
    return tags_.emplace(key, Tag(name, none)).first->second;
  }

  // The steps from this one on come again: the summary is of those before,
  // which are in the file.
  void take_back(Tag& tag, int64_t step) const {
    summarize(tag, read_metrics(file_.path()), step);
  }

  // All tags by what the file says of the steps before `end`. A file that
  // cannot be read leaves what is known.
  void summarize_file(int64_t end) {
    try {
      const Metrics metrics = read_metrics(file_.path());
      for (const MetricSeries& series : metrics.series) find_or_add(series.tag);
      for (const ValueSeries& series : metrics.others) find_or_add(series.tag);
      for (auto& [name, tag] : tags_) summarize(tag, metrics, end);
    } catch (const FormatError&) {
      // Those who read the metrics hear of it.
    }
  }

  static void summarize(Tag& tag, const Metrics& metrics, int64_t end) {
    tag.summary = tag.summary.emptied();
    if (const MetricSeries* series = metrics.find(tag.name)) {
      for (const MetricPoint& point : series->points) {
        if (point.step >= end) break;
        tag.summary.add(point.value, point.step, point.epoch);
      }
    }
    for (const ValueSeries& series : metrics.others) {
      if (series.tag != tag.name) continue;
      for (const ValuePoint& point : series.points) {
        bool is_newer = point.step < end && tag.summary.step() <= point.step;
        if (is_newer) tag.summary.add(point.value, point.step, point.epoch);
      }
    }
  }

  // Turns what was noted into lines; the training goes on noting meanwhile.
  void write_noted() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      std::swap(noted_, writing_);
    }
    std::string lines;
    for (const Noted& one : writing_) {
      if (one.other) {
        append_metric_line(lines, one.tag->json, *one.other, one.step,
                           one.epoch);
        continue;
      }
      append_metric_line(lines, one.tag->json, one.number, one.step, one.epoch);
      if (events_ != nullptr && !one.repeats) {
        events_->scalar(one.tag->name, one.number, one.step);
      }
    }
    writing_.clear();
    file_.add(lines);
  }

  BufferedFile file_;
  std::unique_ptr<EventFile> events_;
  std::mutex write_mutex_;  // of writing_; taken before mutex_
  std::vector<Noted> writing_;

  mutable std::mutex mutex_;                      // of the rest
  std::map<std::string, Tag, std::less<>> tags_;  // none is ever removed
  std::vector<Noted> noted_;
};

MetricStore::MetricStore(const fs::path& path,
                         std::unique_ptr<EventFile> events,
                         const Value& earlier)
    : impl_(std::make_unique<Impl>(path, std::move(events), earlier)) {}

MetricStore::~MetricStore() {
  try {
    flush();
  } catch (const std::exception&) {
    // A destructor cannot report; call flush() before to know.
  }
}

void MetricStore::record(std::string_view tag,
                         double value,
                         int64_t step,
                         int64_t epoch) {
  impl_->record(tag, value, step, epoch);
}

void MetricStore::record(std::string_view tag,
                         Value value,
                         int64_t step,
                         int64_t epoch) {
  if (auto number = value.to_real()) {
    impl_->record(tag, *number, step, epoch);
  } else {
    impl_->record(tag, std::move(value), step, epoch);
  }
}

void MetricStore::set_mode(std::string_view tag, Mode mode) {
  impl_->set_mode(tag, mode);
}

Value MetricStore::summary() const { return impl_->summary(); }

void MetricStore::rewind(int64_t step) { impl_->rewind(step); }

void MetricStore::flush() { impl_->flush(); }

const fs::path& MetricStore::path() const { return impl_->path(); }

}  // namespace thexp
