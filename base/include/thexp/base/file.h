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

/// Copies a file's content; `to` appears as write_file_atomic() would write it.
/// @throws FileError with path and errno.
void copy_file_atomic(const fs::path& from, const fs::path& to);

/// Makes `link` a relative symbolic link to `target`, a file beside it, in
/// place of an older one. Where the file system has no such links (vfat, many
/// SMB and FUSE mounts) it is a hard link, or else a copy; where a folder has
/// the name, nothing. @throws FileError with path and errno.
void replace_link(const fs::path& link, const fs::path& target);

/// Waits until a file's content is on the disk, as far as its file system can
/// tell. @throws FileError with path and errno; it makes none.
void sync_file(const fs::path& path);

/// Makes a rename or removal inside `directory` durable, where the file system
/// can.
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

  /// The content is on the disk and complete, not yet under its name.
  void sync();
  /// sync(), and then it has its name.
  void commit();

  const fs::path& path() const { return path_; }
  std::size_t bytes_written() const { return bytes_written_; }

 private:
  void fail(const std::string& what, int error_number) const;
  void start_writeback();

  fs::path path_;
  fs::path temporary_;   // empty once it has its name
  int descriptor_ = -1;  // until it is complete
  std::size_t bytes_written_ = 0;
  std::size_t writeback_ = 0;  // this many are on their way to the disk
};

/// The name that a temporary file of ours stands for: "last.pt" for
/// "last.pt.tmp.123.0"; empty for another file's name.
std::string_view name_of_temporary(std::string_view file_name);

/// True for the name of a temporary file that AtomicFile makes.
inline bool is_temporary_name(std::string_view file_name) {
  return !name_of_temporary(file_name).empty();
}

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
