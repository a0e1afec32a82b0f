#include "thexp/tracking/metric_store.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <iterator>
#include <utility>

#include "buffered_file.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"

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

}  // namespace

MetricStore::MetricStore(const fs::path& path,
                         std::unique_ptr<EventFile> events)
    : file_(std::make_unique<BufferedFile>(without_torn_line(path))),
      events_(std::move(events)) {
  file_->open();
}

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
  std::lock_guard<std::mutex> lock(mutex_);
  Tag& known = tag_at(tag, step);
  bool is_new = known.last_value != value;  // at this step
  known.last_value = value;
  line_.clear();
  auto out = std::back_inserter(line_);
  fmt::format_to(out, "{{\"step\":{},\"epoch\":{},\"tag\":{},\"value\":", step,
                 epoch, known.json);
  if (value == 0 && std::signbit(value)) {
    line_ += "-0.0}\n";  // a reader may take "-0" for the integer 0
  } else if (std::isfinite(value)) {
    fmt::format_to(out, "{}}}\n", value);
  } else {
    fmt::format_to(out, "\"{}\"}}\n", format_real(value));
  }
  file_->add(line_);
  if (events_ != nullptr && is_new) events_->scalar(tag, value, step);
}

MetricStore::Tag& MetricStore::tag_at(std::string_view name, int64_t step) {
  auto found = tags_.find(name);
  if (found == tags_.end()) {
    if (name.empty()) throw UsageError("a metric was recorded without a tag");
    std::string key(name);
    std::string json = Value(key).to_json();
    found = tags_.emplace(std::move(key), Tag{std::move(json), step, {}}).first;
  }
  Tag& tag = found->second;
  if (step < tag.last_step) throw_step_back(name, step, tag.last_step);
  if (step > tag.last_step) tag.last_value.reset();
  tag.last_step = step;
  return tag;
}

void MetricStore::rewind(int64_t step) {
  std::lock_guard<std::mutex> lock(mutex_);
  tags_.clear();
  if (events_ != nullptr) events_->restart(step + 1);
}

void MetricStore::flush() {
  file_->flush();
  if (events_ != nullptr) events_->flush();
}

const fs::path& MetricStore::path() const { return file_->path(); }

}  // namespace thexp
