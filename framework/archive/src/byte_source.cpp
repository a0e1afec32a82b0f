#include "byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "thexp/base/error.h"
#include "unopened.h"

namespace thexp {

void ByteSource::read(uint64_t offset, void* to, std::size_t bytes) const {
  if (offset > size() || bytes > size() - offset) {
    throw FormatError::in_file(
        name(), fmt::format("{} bytes at offset {} are beyond its end ({} "
                            "bytes): truncated or damaged",
                            bytes, offset, size()));
  }
  if (bytes > 0) read_inside(offset, to, bytes);
}

void MemorySource::read_inside(uint64_t offset,
                               void* to,
                               std::size_t bytes) const {
  std::memcpy(to, bytes_.data() + offset, bytes);
}

FileSource::FileSource(const fs::path& path) : name_(path.string()) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    throw unopened(path, errno);
  }
  struct stat status {};
  int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error != 0) {
    ::close(descriptor_);
    throw FileError::cannot_read(name_, error);
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

FileSource::~FileSource() { ::close(descriptor_); }

void FileSource::read_inside(uint64_t offset,
                             void* to,
                             std::size_t bytes) const {
  char* next = static_cast<char*>(to);
  while (bytes > 0) {
    ssize_t count =
        ::pread(descriptor_, next, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError::cannot_read(name_, errno);
    if (count == 0) {
      throw FormatError::in_file(
          name_, fmt::format("ends at offset {} while being read", offset));
    }
    next += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<std::size_t>(count);
  }
}

}  // namespace thexp
