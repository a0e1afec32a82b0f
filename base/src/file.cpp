#include "thexp/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <utility>

#include "temporary_name.h"
#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

constexpr mode_t kMode = 0666;  // the umask takes from it

struct Written {
  std::size_t bytes = 0;
  int error = 0;  // the errno of the write that failed, or 0
};

Written write_all(int descriptor, const char* data, std::size_t bytes) {
  Written done;
  while (done.bytes < bytes) {
    ssize_t count = ::write(descriptor, data + done.bytes, bytes - done.bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      done.error = errno;
      return done;
    }
    done.bytes += static_cast<std::size_t>(count);
  }
  return done;
}

// Takes back what a failed append wrote. Where that fails too, a torn last
// line stays, as after a kill.
void take_back(int descriptor, std::size_t bytes) {
  off_t end = ::lseek(descriptor, 0, SEEK_END);
  if (end < static_cast<off_t>(bytes)) return;  // also where nothing can seek
  static_cast<void>(!::ftruncate(descriptor, end - static_cast<off_t>(bytes)));
}

fs::path folder_of(const fs::path& path) {
  fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Descriptor open_for_reading(const fs::path& path, int flags = 0) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!file.is_open()) throw FileError::cannot_open(path, errno);
  return file;
}

void for_each_piece(const fs::path& path,
                    const std::function<void(std::string_view)>& take) {
  Descriptor file = open_for_reading(path);
  char buffer[1 << 16];
  ssize_t count;
  while ((count = ::read(file.get(), buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError::cannot_read(path, errno);
    take({buffer, static_cast<std::size_t>(count)});
  }
}

// Some network and FUSE file systems cannot sync a file or a folder and say
// so: what they hold is as safe as they make it. 0, or the errno.
int sync_error(int descriptor) {
  int error = 0;
  do {
    error = ::fsync(descriptor) == 0 ? 0 : errno;
  } while (error == EINTR);
  bool cannot = error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
  return cannot ? 0 : error;
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::string content;
  for_each_piece(path, [&](std::string_view piece) { content += piece; });
  return content;
}

void copy_file_atomic(const fs::path& from, const fs::path& to) {
  AtomicFile copy(to);
  for_each_piece(from, [&](std::string_view piece) { copy.write(piece); });
  copy.commit();
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void make_directories(const fs::path& path) {
  std::vector<fs::path> missing;  // innermost first
  std::error_code error;
  for (fs::path folder = path; !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  fs::create_directories(path, error);
  if (error) {
    throw FileError::cannot_create_folder(path, error.value());
  }
  for (const fs::path& folder : missing) sync_directory(folder_of(folder));
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw FileError::system("cannot remove", path, errno);
  }
}

void cut_file(const fs::path& path, std::uintmax_t bytes) {
  if (::truncate(path.c_str(), static_cast<off_t>(bytes)) != 0) {
    throw FileError::system("cannot shorten", path, errno);
  }
}

void sync_file(const fs::path& path) {
  Descriptor file = open_for_reading(path);
  int error = sync_error(file.get());
  if (error != 0) throw FileError::system("cannot sync", path, error);
}

void sync_directory(const fs::path& directory) {
  Descriptor folder = open_for_reading(directory, O_DIRECTORY);
  int error = sync_error(folder.get());
  if (error != 0) {
    throw FileError::system("cannot sync folder", directory, error);
  }
}

namespace {

// A rename would take the place of a device or a pipe, such as /dev/null.
void require_replaceable(const fs::path& path) {
  std::error_code absent;
  fs::file_status status = fs::symlink_status(path, absent);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  if (fs::is_symlink(status)) return;
  throw FileError(fmt::format(
      "cannot replace '{}': it is {}, not a regular file", path.string(),
      fs::is_directory(status) ? "a folder" : "a device or pipe"));
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  require_replaceable(path_);
  make_directories(folder_of(path_));
  temporary_ = temporary_name(path_);
  descriptor_ = ::open(temporary_.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (descriptor_ < 0) fail("cannot create", errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  Written done = write_all(descriptor_, static_cast<const char*>(data), bytes);
  if (done.error != 0) fail("cannot write", done.error);
  bytes_written_ += bytes;
  start_writeback();
}

// The disk writes what is there while more comes, so that commit() has less to
// wait for. A hint: fsync reports what goes wrong.
void AtomicFile::start_writeback() {
  constexpr std::size_t kPiece = std::size_t{8} << 20;
  std::size_t waiting = bytes_written_ - writeback_;
  if (waiting < kPiece) return;
  ::sync_file_range(descriptor_, static_cast<off_t>(writeback_),
                    static_cast<off_t>(waiting), SYNC_FILE_RANGE_WRITE);
  writeback_ = bytes_written_;
}

// Some file systems tell only at the close that the disk is full.
void AtomicFile::sync() {
  if (descriptor_ < 0) return;
  int error = sync_error(descriptor_);
  if (error != 0) fail("cannot sync", error);
  if (::close(std::exchange(descriptor_, -1)) == 0 || errno == EINTR) return;
  fail("cannot write", errno);
}

void AtomicFile::commit() {
  sync();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail("cannot rename to its final name", errno);
  }
  temporary_.clear();
  sync_directory(folder_of(path_));
}

void AtomicFile::fail(const std::string& what, int error_number) const {
  throw FileError::system(what, path_, error_number);
}

AppendFile::AppendFile(fs::path path) : path_(std::move(path)) {
  make_directories(folder_of(path_));
  descriptor_ =
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (descriptor_ < 0) {
    throw FileError::system("cannot open for appending", path_, errno);
  }
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view text) {
  Written done = write_all(descriptor_, text.data(), text.size());
  if (done.error == 0) return;
  take_back(descriptor_, done.bytes);
  throw FileError::cannot_append(path_, done.error);
}

void AppendFile::sync() {
  int error = sync_error(descriptor_);
  if (error != 0) throw FileError::system("cannot sync", path_, error);
}

}  // namespace thexp
