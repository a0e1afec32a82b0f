#include "tar_file.h"

#include <fmt/format.h>

#include <cerrno>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr const char* kSuffixes = ".tar.zst, .tar.gz or .tar";

const char* text_of_error(archive* tar) {
  const char* text = archive_error_string(tar);
  return text == nullptr ? "unknown error" : text;
}

int add_filter(archive* tar, const fs::path& path) {
  std::string name = path.filename().string();
  if (ends_with(name, ".tar.zst")) return archive_write_add_filter_zstd(tar);
  if (ends_with(name, ".tar.gz")) return archive_write_add_filter_gzip(tar);
  if (ends_with(name, ".tar")) return archive_write_add_filter_none(tar);
  throw UsageError(
      fmt::format("'{}' does not say how to pack: its name must end in {}",
                  path.string(), kSuffixes));
}

const fs::path& with_known_suffix(const fs::path& path) {
  std::unique_ptr<archive, decltype(&archive_write_free)> trial(
      archive_write_new(), archive_write_free);
  add_filter(trial.get(), path);
  return path;
}

}  // namespace

TarWriter::TarWriter(const fs::path& path)
    : out_(with_known_suffix(path)), tar_(archive_write_new()) {
  check(add_filter(tar_.get(), path));
  check(archive_write_set_format_pax_restricted(tar_.get()));
  // Names are bytes, whatever the locale is.
  check(archive_write_set_options(tar_.get(), "hdrcharset=BINARY"));
  check(archive_write_set_bytes_in_last_block(tar_.get(), 1));
  check(archive_write_open(tar_.get(), this, nullptr, on_write, nullptr));
}

la_ssize_t TarWriter::on_write(archive* tar,
                               void* self,
                               const void* data,
                               std::size_t bytes) {
  auto* writer = static_cast<TarWriter*>(self);
  try {
    writer->out_.write(data, bytes);
    return static_cast<la_ssize_t>(bytes);
  } catch (...) {
    writer->failure_ = std::current_exception();
    archive_set_error(tar, EIO, "cannot write");
    return -1;
  }
}

void TarWriter::header(const std::string& name,
                       mode_t type,
                       mode_t mode,
                       int64_t size) {
  std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_size(entry.get(), size);
  archive_entry_set_mtime(entry.get(), 0, 0);
  check(archive_write_header(tar_.get(), entry.get()));
}

void TarWriter::folder(const std::string& name) {
  header(name + "/", AE_IFDIR, 0755, 0);
}

void TarWriter::file(const std::string& name,
                     std::uintmax_t bytes,
                     bool executable,
                     const std::function<void(TarWriter&)>& write) {
  header(name, AE_IFREG, executable ? 0755 : 0644, static_cast<int64_t>(bytes));
  write(*this);
  check(archive_write_finish_entry(tar_.get()));
}

void TarWriter::file(const std::string& name, const std::string& content) {
  file(name, content.size(), false,
       [&](TarWriter& tar) { tar.data(content.data(), content.size()); });
}

void TarWriter::data(const char* data, std::size_t bytes) {
  la_ssize_t written = archive_write_data(tar_.get(), data, bytes);
  check(written < 0 ? static_cast<int>(written) : ARCHIVE_OK);
}

void TarWriter::commit() {
  check(archive_write_close(tar_.get()));
  out_.commit();
}

void TarWriter::check(int result) {
  if (failure_) std::rethrow_exception(failure_);
  if (result >= ARCHIVE_WARN) return;
  throw FileError(fmt::format("cannot write '{}': {}", out_.path().string(),
                              text_of_error(tar_.get())));
}

TarReader::TarReader(const fs::path& path)
    : path_(path),
      file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      tar_(archive_read_new()) {
  if (!file_.is_open()) throw FileError::cannot_open(path, errno);
  archive_read_support_filter_zstd(tar_.get());
  archive_read_support_filter_gzip(tar_.get());
  archive_read_support_format_tar(tar_.get());
  constexpr std::size_t kBlock = 1 << 16;
  check(archive_read_open_fd(tar_.get(), file_.get(), kBlock));
}

bool TarReader::next() {
  int result = archive_read_next_header(tar_.get(), &entry_);
  if (result == ARCHIVE_EOF) return false;
  check(result);
  return true;
}

std::string TarReader::name() const {
  const char* name = archive_entry_pathname(entry_);
  if (name == nullptr) fail("a file's name cannot be read");
  return name;
}

bool TarReader::is_folder() const {
  return archive_entry_filetype(entry_) == AE_IFDIR;
}

bool TarReader::is_executable() const {
  return (archive_entry_perm(entry_) & 0100) != 0;
}

std::uintmax_t TarReader::bytes() const {
  la_int64_t size = archive_entry_size(entry_);
  if (size < 0) fail("'" + name() + "' has a size below 0");
  return static_cast<std::uintmax_t>(size);
}

std::string TarReader::foreign_kind() const {
  bool is_link = archive_entry_hardlink(entry_) != nullptr ||
                 archive_entry_filetype(entry_) == AE_IFLNK;
  if (is_link) return "a link";
  bool is_known = archive_entry_filetype(entry_) == AE_IFREG || is_folder();
  return is_known ? "" : "a device or pipe";
}

std::size_t TarReader::read(char* data, std::size_t bytes) {
  la_ssize_t count = archive_read_data(tar_.get(), data, bytes);
  check(count);
  return static_cast<std::size_t>(count);
}

void TarReader::check(la_ssize_t result) const {
  if (result >= ARCHIVE_WARN && result != ARCHIVE_RETRY) return;
  fail(text_of_error(tar_.get()));
}

void TarReader::fail(const std::string& problem) const {
  throw FormatError::in_file(path_, problem);
}

}  // namespace thexp
