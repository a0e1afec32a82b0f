#include "process.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace thexp {
namespace {

// A field of proc(5)'s stat, counted from the one behind the process's name.
std::string stat_field(int64_t id, int index) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string line;
  std::getline(file, line);
  std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return "";
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 0; i <= index; ++i) fields >> field;
  return field;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

int64_t process_id() { return ::getpid(); }

std::string process_namespace() {
  std::error_code absent;
  return std::filesystem::read_symlink("/proc/self/ns/pid", absent).string();
}

std::string process_start(int64_t id) {
  constexpr int kStart = 19;
  return stat_field(id, kStart);
}

// One that was killed and that its parent has not looked at yet is gone, too.
bool process_exists(int64_t id, const std::string& start) {
  constexpr int kState = 0;
  bool id_is_taken = ::kill(static_cast<pid_t>(id), 0) == 0 || errno == EPERM;
  return id_is_taken && process_start(id) == start &&
         stat_field(id, kState) != "Z";
}

}  // namespace thexp
