#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"

namespace thexp {

/// What a snapshot is taken of. The repository is that of the source file of
/// `main`, else of the program, else of the working folder: the first that
/// lies in a work tree.
class SnapshotOptions {
 public:
  /// The source file of `main`, as the compiler was told it: may be relative,
  /// and may not exist any more.
  SnapshotOptions& source(std::string value) {
    return set(source_, std::move(value));
  }
  /// The executable. Default: that of this process.
  SnapshotOptions& program(std::string value) {
    return set(program_, std::move(value));
  }
  /// The working folder. Default: that of the process.
  SnapshotOptions& folder(fs::path value) {
    return set(folder_, std::move(value));
  }
  /// "<experiment>/<run>": the snapshot in git is
  /// refs/thexp/<experiment>/<run>.
  SnapshotOptions& name(std::string value) {
    return set(name_, std::move(value));
  }
  /// The folder for copies, where the code cannot go into git.
  SnapshotOptions& store(fs::path value) {
    return set(store_, std::move(value));
  }
  /// A folder whose untracked files are no code, such as the workspace. May be
  /// called several times.
  SnapshotOptions& leave_out(fs::path value) {
    left_out_.push_back(std::move(value));
    return *this;
  }
  /// What to copy outside a repository: files, folders, patterns such as
  /// "src/*.cpp". Relative ones begin at the source file of `main`, else at the
  /// working folder. Default: the source file of `main` alone.
  SnapshotOptions& sources(std::vector<std::string> value) {
    return set(sources_, std::move(value));
  }
  /// A larger file that git does not have yet is left out. Default: 10 MiB.
  SnapshotOptions& max_file_bytes(uint64_t value) {
    return set(max_file_bytes_, value);
  }
  /// So much at most is added by one snapshot. Default: 200 MiB.
  SnapshotOptions& max_total_bytes(uint64_t value) {
    return set(max_total_bytes_, value);
  }
  /// So many files at most are added by one snapshot. Default: 5000.
  SnapshotOptions& max_files(uint64_t value) { return set(max_files_, value); }

  const std::string& source() const { return source_; }
  const std::string& program() const { return program_; }
  const fs::path& folder() const { return folder_; }
  const std::string& name() const { return name_; }
  const fs::path& store() const { return store_; }
  const std::vector<fs::path>& left_out() const { return left_out_; }
  const std::vector<std::string>& sources() const { return sources_; }
  uint64_t max_file_bytes() const { return max_file_bytes_; }
  uint64_t max_total_bytes() const { return max_total_bytes_; }
  uint64_t max_files() const { return max_files_; }

 private:
  template <typename T>
  SnapshotOptions& set(T& field, T value) {
    field = std::move(value);
    return *this;
  }

  std::string source_, program_, name_;
  fs::path folder_, store_;
  std::vector<fs::path> left_out_;
  std::vector<std::string> sources_;
  uint64_t max_file_bytes_ = uint64_t{10} << 20;
  uint64_t max_total_bytes_ = uint64_t{200} << 20;
  uint64_t max_files_ = 5000;
};

}  // namespace thexp
