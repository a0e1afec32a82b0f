#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "thexp/base/descriptor.h"
#include "thexp/base/file.h"

namespace thexp {

// A tar that is being written, compressed by its file's suffix.
class TarWriter {
 public:
  /// @throws UsageError for a suffix that says nothing, FileError
  explicit TarWriter(const fs::path& path);

  void folder(const std::string& name);
  /// Writes `bytes` bytes, which come in pieces; less than that is an error of
  /// the caller's.
  void file(const std::string& name,
            std::uintmax_t bytes,
            bool executable,
            const std::function<void(TarWriter&)>& write);
  void data(const char* data, std::size_t bytes);
  void file(const std::string& name, const std::string& content);

  /// The file has its name.
  void commit();

 private:
  struct Free {
    void operator()(archive* tar) const { archive_write_free(tar); }
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
  };
  static la_ssize_t on_write(archive* tar,
                             void* self,
                             const void* data,
                             std::size_t bytes);

  void header(const std::string& name, mode_t type, mode_t mode, int64_t size);
  void check(int result);

  AtomicFile out_;
  std::exception_ptr failure_;  // of a write, which goes through C
  std::unique_ptr<archive, Free> tar_;
};

// A tar that is being read, of any compression that export_run() makes.
class TarReader {
 public:
  /// @throws FileError, FormatError
  explicit TarReader(const fs::path& path);

  /// The next file or folder; false at the end. @throws FormatError, as all
  /// here does for a damaged file.
  bool next();

  std::string name() const;
  bool is_folder() const;
  bool is_executable() const;
  std::uintmax_t bytes() const;
  /// What it is, where that is neither a file nor a folder: "a link"; or "".
  std::string foreign_kind() const;

  /// Reads on in it; 0 at its end.
  std::size_t read(char* data, std::size_t bytes);

  [[noreturn]] void fail(const std::string& problem) const;

 private:
  struct Free {
    void operator()(archive* tar) const { archive_read_free(tar); }
  };
  void check(la_ssize_t result) const;

  fs::path path_;
  Descriptor file_;
  std::unique_ptr<archive, Free> tar_;
  archive_entry* entry_ = nullptr;
};

}  // namespace thexp
