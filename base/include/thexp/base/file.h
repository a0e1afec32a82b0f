#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace thexp {

namespace fs = std::filesystem;

/// The whole file. @throws FileError with path and errno.
std::string read_file(const fs::path& path);

/// Replaces or creates `path` so that a reader, and a machine that loses power,
/// sees either the old content or the new one: see AtomicFile.
/// @throws FileError with path and errno; the old file is then intact.
void write_file_atomic(const fs::path& path, std::string_view content);

/// Like `create_directories`. @throws FileError with path and errno.
void make_directories(const fs::path& path);

/// Removes a file or link; one that is not there is fine.
/// @throws FileError with path and errno.
void remove_file(const fs::path& path);

/// Cuts a file to its first `bytes` bytes. @throws FileError with path and
/// errno.
void cut_file(const fs::path& path, std::uintmax_t bytes);

/// Waits until a file's content is on the disk. @throws FileError with path and
/// errno; it makes none.
void sync_file(const fs::path& path);

/// Makes a rename or removal inside `directory` durable.
void sync_directory(const fs::path& directory);

/// A file that appears under its name only when it is complete: bytes go to
/// "<path>.tmp.<pid>.<n>", and commit() does fsync, rename and directory fsync.
/// Destroyed without a commit, it leaves no trace.
///
///     AtomicFile file("weights.pt");
///     file.write(data, size);
///     file.commit();
class AtomicFile {
 public:
  /// Creates the temporary file, and missing folders above it.
  /// @throws FileError, also where `path` is a folder, a device or a pipe.
  explicit AtomicFile(fs::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

  const fs::path& path() const { return path_; }
  std::size_t bytes_written() const { return bytes_written_; }

 private:
  void fail(const std::string& what, int error_number) const;
  void start_writeback();

  fs::path path_;
  fs::path temporary_;
  int descriptor_ = -1;
  std::size_t bytes_written_ = 0;
  std::size_t writeback_ = 0;  // this many are on their way to the disk
};

/// True for the name of a temporary file that AtomicFile makes.
bool is_temporary_name(std::string_view file_name);

/// A file that only grows. Each append() is one write(2), so that a killed
/// writer leaves whole lines and at most one torn one at the end. An append
/// that fails, as on a full disk, leaves nothing of its text.
class AppendFile {
 public:
  explicit AppendFile(fs::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// @throws FileError with path and errno.
  void append(std::string_view text);
  void sync();
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  int descriptor_ = -1;
};

}  // namespace thexp
