#include "file_list.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "run_json.h"
#include "thexp/base/content_hash.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "time_text.h"

namespace thexp {
namespace {

constexpr int64_t kFormatVersion = 1;
constexpr const char* kStates[] = {"untouched", "created", "modified",
                                   "deleted"};

FileState state_called(const std::string& name) {
  auto found = std::find(std::begin(kStates), std::end(kStates), name);
  if (found != std::end(kStates)) {
    return static_cast<FileState>(found - std::begin(kStates));
  }
  throw FormatError(
      fmt::format("the state '{}' is none of {}", name,
                  join({std::begin(kStates), std::end(kStates)}, ", ")));
}

RunFile file_of(const Value& json) {
  RunFile file;
  file.path = json.at("path").as_text();
  file.bytes = static_cast<uint64_t>(json.at("bytes").as_integer());
  file.hash = json.at("xxh3").as_text();
  file.state = state_called(json.at("state").as_text());
  file.time = parse_iso8601(json.at("time").as_text());
  return file;
}

Value json_of(const RunFile& file) {
  return Value::Dict{{"path", file.path},
                     {"bytes", static_cast<int64_t>(file.bytes)},
                     {"xxh3", file.hash},
                     {"state", file_state_name(file.state)},
                     {"time", iso8601(file.time)}};
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

SystemTime to_time(int64_t nanoseconds) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(
      std::chrono::nanoseconds(nanoseconds)));
}

// Without a slash at the end, "." and "..": one folder has one name.
fs::path plain_path(const fs::path& path) {
  fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

void check_format(int64_t format) {
  if (format == kFormatVersion) return;
  throw FormatError(
      fmt::format("the format version is {}, but this program reads version {}",
                  format, kFormatVersion));
}

// Nothing for a folder, a link, a special file, and one that is gone.
std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status {};
  bool is_file = ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  return is_file ? std::optional(status) : std::nullopt;
}

// Files come and go meanwhile.
template <typename Action>
void for_each_file(const WatchedFolder& watched, Action&& action) {
  std::error_code error;
  auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(watched.folder, options, error), end;
       at != end; at.increment(error)) {
    if (watched.wants(at->path().filename().string())) action(at->path());
  }
}

// Added to while the run goes on: a hash would be of the past at once.
bool grows(const fs::path& path) {
  std::string name = path.filename().string();
  return ends_with(name, ".jsonl") || ends_with(name, ".log") ||
         name.find(".tfevents.") != std::string::npos;
}

}  // namespace

const char* file_state_name(FileState state) {
  return kStates[static_cast<int>(state)];
}

WatchedFolder::WatchedFolder(const fs::path& path,
                             std::vector<std::string> name_suffixes)
    : folder(plain_path(path)), suffixes(std::move(name_suffixes)) {
  for_each_file(*this, [this](const fs::path& file) {
    if (auto status = status_of(file)) there.push_back({file, *status});
  });
}

bool WatchedFolder::wants(const std::string& name) const {
  return suffixes.empty() || std::any_of(suffixes.begin(), suffixes.end(),
                                         [&](const std::string& suffix) {
                                           return ends_with(name, suffix);
                                         });
}

FileList::FileList(const fs::path& run, SystemTime start)
    : run_(plain_path(run)), start_(start) {
  read();
  watched_.emplace_back(run_, std::vector<std::string>());
}

void FileList::read() {
  fs::path path = run_ / kFileName;
  if (!fs::exists(path)) return;
  Value json = Value::from_json(read_file(path), path.string());
  try {
    check_format(json.at("format").as_integer());
    for (const Value& each : json.at("files").as_list()) {
      RunFile file = file_of(each);
      entries_[file.path].file = file;
    }
  } catch (const Error& error) {
    throw FormatError::in_file(path, error.what());
  }
}

void FileList::watch(WatchedFolder folder) {
  for (const WatchedFolder& each : watched_) {
    bool is_known =
        each.folder == folder.folder && each.suffixes == folder.suffixes;
    if (is_known) return;
  }
  for (const WatchedFolder::File& file : folder.there) {
    bool is_below = name_of(file.path).front() != '/';
    if (!is_below) note(file, FileState::kUntouched, false);
  }
  folder.there.clear();
  watched_.push_back(std::move(folder));
}

void FileList::update(bool is_end) {
  for (auto& [name, entry] : entries_) entry.is_there = false;
  for (const WatchedFolder& each : watched_) visit(each, is_end);
  for (auto& [name, entry] : entries_) {
    if (entry.is_there) continue;
    look(run_ / name, entry.file.state, is_end);  // of a folder watched before
    if (entry.is_there || entry.file.state == FileState::kDeleted) continue;
    entry.file.state = FileState::kDeleted;
    entry.file.time = Clock::system().now();
    changed_ = true;
  }
}

void FileList::visit(const WatchedFolder& watched, bool is_end) {
  for_each_file(watched, [&](const fs::path& path) {
    look(path, FileState::kCreated, is_end);
  });
}

void FileList::look(const fs::path& path, FileState state, bool is_end) {
  if (auto status = status_of(path)) note({path, *status}, state, is_end);
}

void FileList::note(const WatchedFolder::File& found,
                    FileState state,
                    bool is_end) {
  const auto& [path, status] = found;
  std::string name = name_of(path);
  if (is_bookkeeping(name)) return;
  auto [at, is_new] = entries_.try_emplace(name);
  Entry& entry = at->second;
  entry.is_there = true;
  bool is_same = !is_new && entry.is_of(status);
  entry.take(name, status);
  // What an earlier process of the run made right before it was killed is in
  // no list.
  constexpr std::chrono::milliseconds kPrecision{1};  // of run.json
  bool is_older = entry.file.time < start_ + kPrecision;
  if (is_new) entry.file.state = is_older ? state : FileState::kCreated;
  if (is_new && entry.file.state == FileState::kUntouched) {
    changed_ = true;
  } else if (!is_new && !is_end && grows(path)) {
    entry.file.hash.clear();  // the end lists it
  } else if (!is_same || entry.lacks_hash(is_end)) {
    refresh(entry.file, path, is_same, is_end);
  }
}

// Of an entry that an earlier process listed, the inode is not known.
bool FileList::Entry::is_of(const struct stat& status) const {
  bool is_known = inode == 0 || inode == status.st_ino;
  return is_known && file.bytes == static_cast<uint64_t>(status.st_size) &&
         iso8601(file.time) == iso8601(to_time(nanoseconds(status.st_mtim))) &&
         (changed == 0 || changed == nanoseconds(status.st_mtim));
}

void FileList::Entry::take(const std::string& name, const struct stat& status) {
  file.path = name;
  file.bytes = static_cast<uint64_t>(status.st_size);
  file.time = to_time(nanoseconds(status.st_mtim));
  changed = nanoseconds(status.st_mtim);
  inode = status.st_ino;
}

bool FileList::Entry::lacks_hash(bool is_end) const {
  return is_end && file.hash.empty() && file.state != FileState::kUntouched;
}

void FileList::refresh(RunFile& file,
                       const fs::path& path,
                       bool is_same,
                       bool is_end) {
  changed_ = true;
  if (file.state == FileState::kDeleted) file.state = FileState::kCreated;
  if (file.state == FileState::kUntouched && !is_same) {
    file.state = FileState::kModified;
  }
  file.hash.clear();
  if (grows(path) && !is_end) return;
  try {
    file.hash = content_hash_of_file(path);
  } catch (const FileError&) {
    // Gone in this moment, or not ours to read: listed without a hash.
  }
}

std::string FileList::name_of(const fs::path& path) const {
  fs::path relative = path.lexically_relative(run_);
  bool is_outside = relative.empty() || *relative.begin() == "..";
  return is_outside ? path.string() : relative.string();
}

// Files that describe the run; the others are its results.
bool FileList::is_bookkeeping(const std::string& name) const {
  static const char* const kNames[] = {run_json::kFileName, kFileName,
                                       "live.json", "labels.json"};
  return is_temporary_name(fs::path(name).filename().string()) ||
         fs::path(name).filename().string().front() == '.' ||
         std::find(std::begin(kNames), std::end(kNames), name) !=
             std::end(kNames);
}

void FileList::write() {
  Value::List files;
  for (const auto& [name, entry] : entries_) {
    files.push_back(json_of(entry.file));
  }
  Value json =
      Value::Dict{{"format", kFormatVersion}, {"files", std::move(files)}};
  write_file_atomic(run_ / kFileName, json.to_json(1) + "\n");
  changed_ = false;
}

Value FileList::summary() const {
  int64_t count = 0;
  uint64_t bytes = 0;
  for (const auto& [name, entry] : entries_) {
    bool counts = entry.file.state == FileState::kCreated ||
                  entry.file.state == FileState::kModified;
    if (!counts) continue;
    ++count;
    bytes += entry.file.bytes;
  }
  return Value::Dict{{"count", count}, {"bytes", static_cast<int64_t>(bytes)}};
}

std::vector<RunFile> FileList::files() const {
  std::vector<RunFile> files;
  for (const auto& [name, entry] : entries_) files.push_back(entry.file);
  return files;
}

}  // namespace thexp
