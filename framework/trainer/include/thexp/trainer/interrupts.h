#pragma once

namespace thexp {

/// While one exists, the first SIGINT, SIGTERM or SIGUSR1 is only noted; a
/// second one does what the system does by default: it ends the process at
/// once. A signal that the program handles or ignores itself is left alone.
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

/// Forgets it.
void clear_interrupt();

}  // namespace thexp
