#include "newer_sources.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <tuple>

namespace thexp {
namespace {

constexpr std::size_t kMostListed = 100;

bool is_source(std::string_view path) {
  constexpr std::string_view kEndings[] = {".c",  ".cc",  ".cpp", ".cxx",
                                           ".h",  ".hh",  ".hpp", ".hxx",
                                           ".cu", ".cuh", ".inl", ".ipp"};
  std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return false;
  return std::find(std::begin(kEndings), std::end(kEndings),
                   path.substr(dot)) != std::end(kEndings);
}

bool is_later(const timespec& a, const timespec& b) {
  return std::tie(a.tv_sec, a.tv_nsec) > std::tie(b.tv_sec, b.tv_nsec);
}

}  // namespace

std::vector<std::string> newer_sources(const fs::path& root,
                                       const std::vector<CodeFile>& files,
                                       const fs::path& program) {
  std::vector<std::string> newer;
  struct stat built;
  if (::stat(program.c_str(), &built) != 0) return newer;
  for (const CodeFile& file : files) {
    struct stat now;
    if (!is_source(file.path)) continue;
    if (::stat((root / file.path).c_str(), &now) != 0) continue;
    if (is_later(now.st_mtim, built.st_mtim)) newer.push_back(file.path);
    if (newer.size() == kMostListed) break;
  }
  return newer;
}

}  // namespace thexp
