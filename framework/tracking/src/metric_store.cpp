#include "thexp/tracking/metric_store.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <iterator>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

constexpr std::size_t kReserved = std::size_t{1} << 16;

// A killed writer leaves half a line; the next one must not go on from there.
const fs::path& without_torn_line(const fs::path& path) {
  if (!fs::exists(path)) return path;
  std::string content = read_file(path);
  std::size_t whole = content.rfind('\n') + 1;  // npos + 1 is 0
  if (whole != content.size()) cut_file(path, whole);
  return path;
}

[[noreturn]] void throw_step_back(std::string_view tag,
                                  std::int64_t step,
                                  std::int64_t last) {
  throw UsageError(fmt::format(
      "metric '{}' was recorded at step {} after step {}: steps of a tag "
      "must not go back",
      tag, step, last));
}

}  // namespace

MetricStore::MetricStore(const fs::path& path)
    : file_(without_torn_line(path)) {
  buffer_.reserve(kReserved);
  writing_.reserve(kReserved);
}

MetricStore::~MetricStore() {
  try {
    flush();
  } catch (const std::exception&) {
    // A destructor cannot report; whoever must know calls flush() before.
  }
}

void MetricStore::record(std::string_view tag,
                         double value,
                         std::int64_t step,
                         std::int64_t epoch) {
  std::lock_guard<std::mutex> lock(mutex_);
  Tag& known = tag_at(tag, step);
  auto out = std::back_inserter(buffer_);
  fmt::format_to(out, "{{\"step\":{},\"epoch\":{},\"tag\":{},\"value\":", step,
                 epoch, known.json);
  if (std::isfinite(value)) {
    fmt::format_to(out, "{}}}\n", value);
  } else {
    fmt::format_to(out, "\"{}\"}}\n", format_real(value));
  }
}

MetricStore::Tag& MetricStore::tag_at(std::string_view name,
                                      std::int64_t step) {
  auto found = tags_.find(name);
  if (found == tags_.end()) {
    if (name.empty()) throw UsageError("a metric was recorded without a tag");
    std::string key(name);
    std::string json = Value(key).to_json();
    found = tags_.emplace(std::move(key), Tag{std::move(json), step}).first;
  }
  Tag& tag = found->second;
  if (step < tag.last_step) throw_step_back(name, step, tag.last_step);
  tag.last_step = step;
  return tag;
}

void MetricStore::rewind() {
  std::lock_guard<std::mutex> lock(mutex_);
  tags_.clear();
}

void MetricStore::flush() {
  std::lock_guard<std::mutex> file_lock(file_mutex_);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (writing_.empty()) {
      writing_.swap(buffer_);
    } else {
      writing_ += buffer_;  // behind what the last flush could not write
      buffer_.clear();
    }
  }
  append(writing_);
  writing_.clear();
}

// Whole lines or nothing, so that the lines can be appended again. A file that
// was removed would take them without a word.
void MetricStore::append(const std::string& lines) {
  if (lines.empty()) return;
  std::error_code error;
  if (!fs::exists(file_.path(), error)) {
    throw FileError::system("cannot append metrics to", file_.path().string(),
                            error ? error.value() : ENOENT);
  }
  file_.append(lines);
}

}  // namespace thexp
