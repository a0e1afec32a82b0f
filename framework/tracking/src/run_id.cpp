#include "run_id.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <random>

#include "thexp/base/error.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string random_word() {
  static_assert(sizeof kDigits == 37);
  std::random_device random;
  std::uniform_int_distribution<std::size_t> any(0, 35);
  std::string word(4, '0');
  while (std::none_of(word.begin(), word.end(), is_letter)) {
    for (char& c : word) c = kDigits[any(random)];
  }
  return word;
}

}  // namespace

std::string make_run_id(SystemTime start) {
  return format_time(start, "%Y%m%d-%H%M%S-") + random_word();
}

bool is_run_id(const std::string& name) {
  constexpr char kShape[] = "dddddddd-dddddd-wwww";
  if (name.size() != sizeof kShape - 1) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    bool fits = kShape[i] == '-'   ? c == '-'
                : kShape[i] == 'd' ? std::isdigit(c) != 0
                                   : std::isdigit(c) != 0 || is_letter(name[i]);
    if (!fits) return false;
  }
  return true;
}

SystemTime time_in_run_id(const std::string& id) {
  if (!is_run_id(id)) return {};
  std::tm local{};
  std::sscanf(id.c_str(), "%4d%2d%2d-%2d%2d%2d", &local.tm_year, &local.tm_mon,
              &local.tm_mday, &local.tm_hour, &local.tm_min, &local.tm_sec);
  local.tm_year -= 1900;
  local.tm_mon -= 1;
  local.tm_isdst = -1;  // whichever held then
  return std::chrono::system_clock::from_time_t(std::mktime(&local));
}

fs::path make_run_folder(const fs::path& experiment, SystemTime start) {
  make_directories(experiment);
  for (;;) {
    fs::path folder = experiment / make_run_id(start);
    if (::mkdir(folder.c_str(), 0777) == 0) {
      sync_directory(experiment);
      return folder;
    }
    if (errno != EEXIST) {
      throw FileError::cannot_create_folder(folder, errno);
    }
  }
}

}  // namespace thexp
