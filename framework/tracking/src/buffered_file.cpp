#include "buffered_file.h"

#include <cerrno>
#include <utility>

#include "thexp/base/error.h"

namespace thexp {
namespace {

constexpr std::size_t kReserved = std::size_t{1} << 16;

// What somebody removed would take the text without a word, or be made anew
// and pass for the whole.
void require_existing(const fs::path& path, const fs::path& file) {
  std::error_code error;
  if (fs::exists(path, error)) return;
  throw FileError::cannot_append(file, error ? error.value() : ENOENT);
}

}  // namespace

BufferedFile::BufferedFile(fs::path path) : path_(std::move(path)) {
  added_.reserve(kReserved);
  writing_.reserve(kReserved);
}

void BufferedFile::open() {
  std::lock_guard<std::mutex> lock(file_mutex_);
  file_.emplace(path_);
}

void BufferedFile::add(std::string_view text) {
  std::lock_guard<std::mutex> lock(mutex_);
  added_ += text;
}

void BufferedFile::flush() {
  std::lock_guard<std::mutex> lock(file_mutex_);
  take_added();
  if (!writing_.empty()) append();
  writing_.clear();
}

bool BufferedFile::was_removed() {
  std::lock_guard<std::mutex> lock(file_mutex_);
  std::error_code unknown;  // flush() will say
  return file_ && !fs::exists(path_, unknown) && !unknown &&
         fs::exists(path_.parent_path(), unknown);
}

std::string BufferedFile::take() {
  std::lock_guard<std::mutex> lock(file_mutex_);
  take_added();
  return std::exchange(writing_, {});
}

void BufferedFile::take_added() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (writing_.empty()) {
    writing_.swap(added_);
  } else {
    writing_ += added_;  // behind what the last flush could not write
    added_.clear();
  }
}

void BufferedFile::append() {
  require_existing(file_ ? path_ : path_.parent_path(), path_);
  if (!file_) file_.emplace(path_);
  file_->append(writing_);
}

}  // namespace thexp
