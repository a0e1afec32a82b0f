#include "temporary_name.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kMark = ".tmp";

// "a.12" -> "a"; empty when no number is at the end.
std::string_view without_number(std::string_view text) {
  std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return "";
  std::string_view number = text.substr(dot + 1);
  bool is_number = number.find_first_not_of("0123456789") == number.npos;
  return is_number ? text.substr(0, dot) : "";
}

}  // namespace

fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  fs::path name = path;
  name += fmt::format("{}.{}.{}", kMark, ::getpid(), counter++);
  return name;
}

std::string_view name_of_temporary(std::string_view file_name) {
  std::string_view marked = without_number(without_number(file_name));
  if (!ends_with(marked, kMark)) return "";
  return marked.substr(0, marked.size() - kMark.size());
}

}  // namespace thexp
