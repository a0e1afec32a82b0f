#include "thexp/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kTemporaryMark = ".tmp.";

// Writes all of it; returns 0 or the errno of the write that failed.
int write_all(int descriptor, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    ssize_t written = ::write(descriptor, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return 0;
}

fs::path folder_of(const fs::path& path) {
  fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

int open_for_reading(const fs::path& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw FileError::system("cannot open for reading", path, errno);
  }
  return descriptor;
}

}  // namespace

std::string read_file(const fs::path& path) {
  int descriptor = open_for_reading(path);
  std::string content;
  char buffer[1 << 16];
  ssize_t count;
  while ((count = ::read(descriptor, buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      ::close(descriptor);
      throw FileError::system("cannot read", path, error);
    }
    content.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  return content;
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw FileError::system("cannot create folder", path, error.value());
}

void sync_directory(const fs::path& directory) {
  int descriptor = open_for_reading(directory);
  int result = ::fsync(descriptor);
  int error = errno;
  ::close(descriptor);
  // Some network file systems cannot sync a folder and say EINVAL.
  if (result != 0 && error != EINVAL) {
    throw FileError::system("cannot sync folder", directory, error);
  }
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  static std::atomic<unsigned> counter{0};
  make_directories(folder_of(path_));
  temporary_ = path_;
  temporary_ += fmt::format("{}{}.{}", kTemporaryMark, ::getpid(), counter++);
  descriptor_ =
      ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("cannot create", errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  int error = write_all(descriptor_, static_cast<const char*>(data), bytes);
  if (error != 0) fail("cannot write", error);
  bytes_written_ += bytes;
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot sync", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail("cannot rename to its final name", errno);
  }
  ::close(std::exchange(descriptor_, -1));
  sync_directory(folder_of(path_));
}

void AtomicFile::fail(const std::string& what, int error_number) const {
  throw FileError::system(what, path_, error_number);
}

bool is_temporary_name(std::string_view file_name) {
  return file_name.find(kTemporaryMark) != std::string_view::npos;
}

AppendFile::AppendFile(fs::path path) : path_(std::move(path)) {
  make_directories(folder_of(path_));
  descriptor_ =
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw FileError::system("cannot open for appending", path_, errno);
  }
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(std::string_view text) {
  int error = write_all(descriptor_, text.data(), text.size());
  if (error != 0) throw FileError::system("cannot append to", path_, error);
}

void AppendFile::sync() {
  if (::fsync(descriptor_) != 0) {
    throw FileError::system("cannot sync", path_, errno);
  }
}

}  // namespace thexp
