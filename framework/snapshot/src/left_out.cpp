#include "left_out.h"

#include <fmt/format.h>

#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::size_t kMostListed = 100;

std::string bytes_text(uint64_t bytes) {
  return format_bytes(static_cast<double>(bytes));
}

}  // namespace

Limits::Limits(const SnapshotOptions& options)
    : max_file_bytes_(options.max_file_bytes()),
      max_total_bytes_(options.max_total_bytes()),
      max_files_(options.max_files()) {}

std::string Limits::refusal(uint64_t bytes) const {
  if (bytes > max_file_bytes_) {
    return fmt::format("{} is more than the {} that a file may have",
                       bytes_text(bytes), bytes_text(max_file_bytes_));
  }
  if (bytes_ + bytes > max_total_bytes_) {
    return fmt::format("all new files together would exceed {}",
                       bytes_text(max_total_bytes_));
  }
  if (files_ == max_files_) {
    return fmt::format("there are more than {} new files", max_files_);
  }
  return "";
}

bool Limits::accept(const std::string& path, uint64_t bytes) {
  std::string why = refusal(bytes);
  if (!why.empty()) {
    leave_out(path, why);
    return false;
  }
  bytes_ += bytes;
  ++files_;
  return true;
}

void Limits::leave_out(const std::string& path, const std::string& why) {
  if (list_.size() < kMostListed) {
    list_.push_back({path, why});
  } else {
    ++more_;
  }
}

std::vector<LeftOutFile> Limits::left_out() const {
  std::vector<LeftOutFile> list = list_;
  if (more_ > 0) {
    list.push_back({"…", fmt::format("{} more files", more_)});
  }
  return list;
}

}  // namespace thexp
