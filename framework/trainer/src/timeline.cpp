#include "timeline.h"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>

#include "thexp/base/error.h"
#include "thexp/tracking/event_file.h"

namespace thexp {
namespace {

constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kLog = "console.log";
constexpr int64_t kUnknown = -1;

int64_t length_of(const fs::path& file) {
  std::error_code error;
  auto bytes = fs::file_size(file, error);
  if (error) {
    throw FileError::system("cannot read the length of", file, error.value());
  }
  return static_cast<int64_t>(bytes);
}

// Up to the end of its last line. A marked line may be on its way into the log
// at this moment, and a part of one must not stay.
int64_t length_of_whole_lines(const fs::path& file) {
  const int64_t length = length_of(file);
  std::ifstream text(file, std::ios::binary);
  for (int64_t end = length; end > 0; --end) {
    text.seekg(end - 1);
    if (text.get() == '\n') return end;
    if (!text) return kUnknown;
  }
  return 0;
}

}  // namespace

Value Timeline::lengths(bool log_is_whole) const {
  int64_t log = log_is_whole ? length_of_whole_lines(run_ / kLog) : kUnknown;
  Value lengths =
      Value::Dict{{kMetrics, length_of(run_ / kMetrics)}, {kLog, log}};
  for (const fs::path& file : find_event_files(run_)) {
    lengths[file.filename().string()] = length_of(file);
  }
  for (const std::string& name : own_) {
    if (fs::exists(run_ / name)) lengths[name] = length_of(run_ / name);
  }
  return lengths;
}

void Timeline::sync() const {
  for (const char* name : {kMetrics, kLog}) sync_file(run_ / name);
  for (const fs::path& file : find_event_files(run_)) sync_file(file);
  for (const std::string& name : own_) {
    if (fs::exists(run_ / name)) sync_file(run_ / name);
  }
}

void Timeline::require_own_files(const fs::path& checkpoint,
                                 const Value& lengths) {
  for (const auto& entry : lengths.as_dict()) {
    const std::string& name = entry.first;
    if (fs::path(name).filename() == name) continue;
    throw FormatError(fmt::format(
        "{}: it has a length for '{}', which is not a file in its run's folder",
        checkpoint.string(), name));
  }
}

std::vector<std::string> Timeline::cut_back(const Value& lengths) const {
  std::vector<std::string> warnings;
  for (const fs::path& file : find_event_files(run_)) {
    bool is_later = lengths.find(file.filename().string()) == nullptr;
    if (is_later) remove_file(file);
  }
  for (const auto& [name, length] : lengths.as_dict()) {
    if (length.as_integer() < 0) continue;
    auto wanted = static_cast<std::uintmax_t>(length.as_integer());
    fs::path file = run_ / name;
    std::error_code absent;
    auto there = fs::file_size(file, absent);
    if (absent) there = 0;
    if (there > wanted) cut_file(file, wanted);
    if (there < wanted) {
      warnings.push_back(
          fmt::format("{} has lost its last {} bytes (the machine went down?)",
                      file.string(), wanted - there));
    }
  }
  return warnings;
}

}  // namespace thexp
