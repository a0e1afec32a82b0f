#include "quiet_thread.h"

#include <signal.h>

#include <utility>

namespace thexp {
namespace {

sigset_t all_but_faults() {
  sigset_t signals;
  sigfillset(&signals);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
    sigdelset(&signals, fault);
  }
  return signals;
}

}  // namespace

std::thread start_quiet_thread(std::function<void()> body) {
  sigset_t quiet = all_but_faults();
  sigset_t before;
  // Blocked here, because a new thread inherits its creator's mask.
  pthread_sigmask(SIG_BLOCK, &quiet, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace thexp
