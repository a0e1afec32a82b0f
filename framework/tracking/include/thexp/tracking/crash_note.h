#pragma once

#include <array>
#include <exception>

namespace thexp {

/// While one exists, a crash is noted in the folder of every run that this
/// process writes: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, and an exception
/// that is not caught, with its text. read_run() then says failed instead of
/// killed. The process ends as it would have; a signal that the program
/// handles itself is left alone. One at a time.
class CrashGuard {
 public:
  CrashGuard();
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

 private:
  std::array<char, 1 << 14> stack_;  // for a handler whose stack overflowed
};

}  // namespace thexp
