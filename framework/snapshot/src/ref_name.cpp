#include "ref_name.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// A file name has 255 bytes at most, and git adds ".lock" while it writes.
constexpr std::size_t kMostBytes = 200;

bool is_never_allowed(char c) {
  constexpr std::string_view kSpecial = " ~^:?*[\\%\x7f";
  return static_cast<unsigned char>(c) < 0x20 ||
         kSpecial.find(c) != std::string_view::npos;
}

// These depend on what stands around.
bool is_forbidden_here(std::string_view part, std::size_t i) {
  bool is_last = i + 1 == part.size();
  if (part[i] == '.') {
    return i == 0 || is_last || part[i - 1] == '.' || part.substr(i) == ".lock";
  }
  return part[i] == '{' && i > 0 && part[i - 1] == '@';
}

std::string encoded(std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (is_never_allowed(part[i]) || is_forbidden_here(part, i)) {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(part[i]));
    } else {
      text += part[i];
    }
  }
  if (text.size() <= kMostBytes) return text;
  return text.substr(0, kMostBytes - 17) + "%" + hex64(hash64(part));
}

}  // namespace

std::string ref_name(std::string_view experiment_and_run) {
  std::vector<std::string> parts = split(experiment_and_run, '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
    throw UsageError(fmt::format(
        "'{}' cannot name a snapshot: it must be <experiment>/<run>",
        experiment_and_run));
  }
  return "refs/thexp/" + encoded(parts[0]) + "/" + encoded(parts[1]);
}

}  // namespace thexp
