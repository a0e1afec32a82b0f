#include "unopened.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "thexp/base/text.h"

namespace thexp {
namespace {

std::vector<std::string> files_like(const fs::path& path) {
  fs::path folder = path.parent_path();
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator next(folder.empty() ? "." : folder, error), end;
  for (; !error && next != end; next.increment(error)) {
    bool fits = next->path().extension() == path.extension();
    if (fits) names.push_back(next->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string list_of(std::vector<std::string> names) {
  constexpr std::size_t kMost = 20;
  if (names.size() <= kMost) return join(names, ", ");
  std::size_t more = names.size() - kMost;
  names.resize(kMost);
  return fmt::format("{} and {} more", join(names, ", "), more);
}

}  // namespace

FileError unopened(const fs::path& path, int error_number) {
  FileError plain = FileError::cannot_open(path, error_number);
  if (error_number != ENOENT) return plain;
  std::vector<std::string> names = files_like(path);
  if (names.empty()) return plain;
  return FileError(fmt::format("{}; there are: {}", plain.what(),
                               list_of(std::move(names))));
}

}  // namespace thexp
