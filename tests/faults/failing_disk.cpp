#include "failing_disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace thexp_test::failing_disk {
namespace {

struct Fault {
  std::string call;
  std::string part;
  int first = 0;
  bool onwards = false;
  std::string action;
  int seen = 0;

  bool hits(const std::string& name, const std::string& path) {
    bool same = call == "any" || call == name;
    if (!same || path.find(part) == std::string::npos) return false;
    ++seen;
    return seen == first || (onwards && seen > first);
  }
};

// What is to happen at a call.
struct Verdict {
  int error = 0;      // fail with this
  bool half = false;  // write half of it
  bool kill = false;  // and kill then
  int delay_ms = 0;
};

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

ssize_t real_write(int file, const void* data, size_t bytes) {
  static auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return real(file, data, bytes);
}

int real_open(const char* path, int flags, mode_t mode) {
  static auto real = next<int (*)(const char*, int, ...)>("open");
  return real(path, flags, mode);
}

std::vector<Fault> parse(const std::string& plan) {
  std::vector<Fault> faults;
  std::istringstream all(plan);
  for (std::string one; std::getline(all, one, ';');) {
    std::istringstream words(one);
    Fault fault;
    std::string number;
    words >> fault.call >> fault.part >> number >> fault.action;
    if (fault.action.empty()) {
      throw std::invalid_argument("no fault: '" + one + "'");
    }
    fault.onwards = number.back() == '+';
    fault.first = std::stoi(number);
    faults.push_back(fault);
  }
  return faults;
}

const char* from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Never destroyed: files are written until the very end.
struct Disk {
  std::mutex mutex;
  std::vector<Fault> faults = parse(from_environment("THEXP_FAILING_DISK"));
  std::string log_part = from_environment("THEXP_FAILING_DISK_PART");
  int log = -1;
  std::string watched;
  Watcher watcher;

  Disk() {
    const char* path = from_environment("THEXP_FAILING_DISK_LOG");
    if (*path == '\0') return;
    log = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }
};

Disk& disk() {
  static auto* one = new Disk;
  return *one;
}

int error_called(const std::string& name) {
  if (name == "ENOSPC") return ENOSPC;
  if (name == "EIO") return EIO;
  if (name == "EACCES") return EACCES;
  if (name == "EROFS") return EROFS;
  if (name == "EINVAL") return EINVAL;
  if (name == "ENOSYS") return ENOSYS;
  if (name == "EPERM") return EPERM;
  if (name == "EOPNOTSUPP") return EOPNOTSUPP;
  throw std::invalid_argument("no action: '" + name + "'");
}

Verdict verdict_of(const std::string& action) {
  Verdict verdict;
  if (action == "kill") ::kill(::getpid(), SIGKILL);
  if (action == "tear" || action == "short") {
    verdict.half = true;
    verdict.kill = action == "tear";
  } else if (action.rfind("delay:", 0) == 0) {
    verdict.delay_ms = std::stoi(action.substr(6));
  } else {
    verdict.error = error_called(action);
  }
  return verdict;
}

void log_call(const std::string& call, const std::string& path) {
  bool wanted =
      disk().log >= 0 && path.find(disk().log_part) != std::string::npos;
  if (!wanted) return;
  std::string line = call + " " + path + "\n";
  static_cast<void>(!real_write(disk().log, line.data(), line.size()));
}

std::string absolute(const std::string& path) {
  char here[4096];
  bool whole =
      path.rfind('/', 0) == 0 || ::getcwd(here, sizeof here) == nullptr;
  return whole ? path : std::string(here) + "/" + path;
}

Verdict judge(const std::string& call, const std::string& given) {
  std::string path = absolute(given);
  Verdict verdict;
  Watcher watcher;
  {
    std::lock_guard<std::mutex> lock(disk().mutex);
    log_call(call, path);
    for (Fault& fault : disk().faults) {
      if (fault.hits(call, path)) verdict = verdict_of(fault.action);
    }
    bool watched = disk().watcher != nullptr &&
                   path.find(disk().watched) != std::string::npos;
    if (watched) watcher = disk().watcher;
  }
  if (watcher) watcher(call, path);
  if (verdict.delay_ms > 0) ::usleep(1000 * verdict.delay_ms);
  return verdict;
}

std::string path_of(int file) {
  char path[4096];
  std::string link = "/proc/self/fd/" + std::to_string(file);
  ssize_t bytes = ::readlink(link.c_str(), path, sizeof path);
  return bytes < 0 ? "" : std::string(path, static_cast<size_t>(bytes));
}

// A call that is done whole or not at all.
template <typename Action>
int faulty(const char* call, const std::string& path, Action action) {
  Verdict verdict = judge(call, path);
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  int result = action();
  if (verdict.kill) ::kill(::getpid(), SIGKILL);
  return result;
}

bool changes(const char* path, int flags) {
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  return (writes || (flags & O_DIRECTORY) != 0) && path != nullptr;
}

}  // namespace

void set(const std::string& plan) {
  std::lock_guard<std::mutex> lock(disk().mutex);
  disk().faults = parse(plan);
}

int seen() {
  std::lock_guard<std::mutex> lock(disk().mutex);
  return disk().faults.empty() ? 0 : disk().faults[0].seen;
}

void watch(const std::string& part, Watcher watcher) {
  std::lock_guard<std::mutex> lock(disk().mutex);
  disk().watched = part;
  disk().watcher = std::move(watcher);
}

}  // namespace thexp_test::failing_disk

using namespace thexp_test::failing_disk;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  auto action = [&] { return real_open(path, flags, mode); };
  return changes(path, flags) ? faulty("open", path, action) : action();
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  auto action = [&] { return real_open(path, flags | O_LARGEFILE, mode); };
  return changes(path, flags) ? faulty("open", path, action) : action();
}

ssize_t write(int file, const void* data, size_t bytes) {
  Verdict verdict = judge("write", path_of(file));
  if (verdict.error != 0) {
    errno = verdict.error;
    return -1;
  }
  ssize_t done = real_write(file, data, verdict.half ? bytes / 2 : bytes);
  if (verdict.kill) ::kill(::getpid(), SIGKILL);
  return done;
}

// Nothing is synced really, which is slow: only a machine that loses power
// would tell.
int fsync(int file) {
  return faulty("fsync", path_of(file), [] { return 0; });
}

int rename(const char* from, const char* to) noexcept {
  static auto real = next<int (*)(const char*, const char*)>("rename");
  return faulty("rename", to, [&] { return real(from, to); });
}

int unlink(const char* path) noexcept {
  static auto real = next<int (*)(const char*)>("unlink");
  return faulty("unlink", path, [&] { return real(path); });
}

int remove(const char* path) noexcept {
  static auto real = next<int (*)(const char*)>("remove");
  return faulty("unlink", path, [&] { return real(path); });
}

int symlink(const char* target, const char* path) noexcept {
  static auto real = next<int (*)(const char*, const char*)>("symlink");
  return faulty("symlink", path, [&] { return real(target, path); });
}

int link(const char* target, const char* path) noexcept {
  static auto real = next<int (*)(const char*, const char*)>("link");
  return faulty("link", path, [&] { return real(target, path); });
}

int truncate(const char* path, off_t bytes) noexcept {
  static auto real = next<int (*)(const char*, off_t)>("truncate");
  return faulty("truncate", path, [&] { return real(path, bytes); });
}

int ftruncate(int file, off_t bytes) noexcept {
  static auto real = next<int (*)(int, off_t)>("ftruncate");
  return faulty("truncate", path_of(file), [&] { return real(file, bytes); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto real = next<int (*)(const char*, mode_t)>("mkdir");
  return faulty("mkdir", path, [&] { return real(path, mode); });
}

}  // extern "C"
