#pragma once

#include <string>

namespace thexp {

/// While one exists, the first SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 or
/// SIGXCPU is only noted; a second one does what the system does by default: it
/// ends the process at once. Only SIGHUP and SIGXCPU do not, as the system
/// repeats these by itself. A signal that the program handles or ignores, also
/// under nohup, is left alone.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  bool installed_ = false;
};

/// The signal that was noted, or 0. It stays noted after the
/// guard is gone, for the exit code.
int noted_interrupt();

/// Its name, such as "SIGTERM"; "" when none was noted.
std::string interrupt_name();

/// Forgets it.
void clear_interrupt();

}  // namespace thexp
