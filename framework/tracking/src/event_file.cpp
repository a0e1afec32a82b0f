#include "thexp/tracking/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <string>
#include <utility>

#include "buffered_file.h"
#include "event_record.h"
#include "process.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr std::string_view kSuffix = ".thexp";

double seconds_of(SystemTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// The time in an event file's name; 0 for another file's.
int64_t time_in(const fs::path& file) {
  std::string name = file.filename().string();
  if (!starts_with(name, kPrefix)) return 0;
  int64_t seconds = 0;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(),
                  seconds);
  return seconds;
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

// "<prefix><seconds>.<host>.<pid>.<n><suffix>" to the letter: a copy of another
// name is somebody's.
bool is_our_name(std::string_view name) {
  bool fits = starts_with(name, kPrefix) && ends_with(name, kSuffix) &&
              name.size() > kPrefix.size() + kSuffix.size();
  if (!fits) return false;
  name = name.substr(kPrefix.size(),
                     name.size() - kPrefix.size() - kSuffix.size());
  std::vector<std::string> parts = split(name, '.');
  std::size_t count = parts.size();  // a host's name may have dots
  return count >= 4 && is_number(parts[0]) && is_number(parts[count - 2]) &&
         is_number(parts[count - 1]);
}

// Behind all that are there, also those of another machine whose clock is
// ahead of this one's.
int64_t time_behind(const fs::path& folder, SystemTime now) {
  auto time = static_cast<int64_t>(seconds_of(now));
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    time = std::max(time, time_in(entry.path()) + 1);
  }
  return time;
}

// The number tells those apart that this process has not made yet.
fs::path name_in(const fs::path& folder, SystemTime now) {
  static std::atomic<int> number{0};
  return folder / fmt::format("{}{:010}.{}.{}.{}{}", kPrefix,
                              time_behind(folder, now), host_name(),
                              process_id(), number++, kSuffix);
}

// Protobuf takes no other text. Replaces what metrics.jsonl replaces, too.
std::string as_utf8(std::string_view text) {
  std::string copy(text);
  if (is_utf8(text)) return copy;
  return Value::from_json(Value(copy).to_json(), "").as_text();
}

}  // namespace

EventFile::EventFile(const fs::path& folder, const Clock& clock)
    : clock_(clock),
      folder_(folder),
      file_(std::make_shared<BufferedFile>(name_in(folder, clock.now()))) {}

EventFile::~EventFile() {
  try {
    flush();
  } catch (const std::exception&) {
    // A destructor cannot report; call flush() before to know.
  }
}

void EventFile::scalar(std::string_view tag, double value, int64_t step) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!std::exchange(begun_, true)) begin(restart_step_.value_or(step));
  last_step_ = step;
  file_->add(
      scalar_record(seconds_of(clock_.now()), as_utf8(tag), value, step));
}

// TensorBoard's web server passes over the first restart that it sees of a run,
// so that every file begins with one.
void EventFile::begin(int64_t first_step) {
  double now = seconds_of(clock_.now());
  file_->add(version_record(now));
  file_->add(restart_record(now, first_step));
}

void EventFile::restart(int64_t step) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (begun_) {
    file_->add(restart_record(seconds_of(clock_.now()), step));
  } else {
    restart_step_ = std::min(step, restart_step_.value_or(step));
  }
}

void EventFile::flush() {
  std::shared_ptr<BufferedFile> file = current();
  if (file->was_removed()) file = begin_anew(*file);
  file->flush();
}

std::shared_ptr<BufferedFile> EventFile::current() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return file_;
}

std::shared_ptr<BufferedFile> EventFile::begin_anew(
    const BufferedFile& removed) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (file_.get() != &removed) return file_;  // another thread did
  std::string rest = file_->take();
  file_ = std::make_shared<BufferedFile>(name_in(folder_, clock_.now()));
  begin(last_step_ + 1);
  file_->add(rest);
  return file_;
}

fs::path EventFile::path() const { return current()->path(); }

std::vector<fs::path> find_event_files(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw FileError::cannot_list(folder, error.value());
  std::vector<fs::path> files;
  for (const auto& entry : entries) {
    std::error_code gone;
    bool is_ours = is_our_name(entry.path().filename().string()) &&
                   !entry.is_directory(gone);
    if (is_ours) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace thexp
