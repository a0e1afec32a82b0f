#include "thexp/trainer/interrupts.h"

#include <signal.h>

namespace thexp {
namespace {

volatile sig_atomic_t noted = 0;

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};

// The first time: note it, and give the next one back to the system.
void note(int number) {
  noted = number;
  for (int each : kSignals) {
    struct sigaction current {};
    sigaction(each, nullptr, &current);
    if (current.sa_handler == note) signal(each, SIG_DFL);
  }
}

}  // namespace

InterruptGuard::InterruptGuard() {
  for (int number : kSignals) {
    struct sigaction current {};
    sigaction(number, nullptr, &current);
    if (current.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, nullptr);
    installed_ = true;
  }
}

InterruptGuard::~InterruptGuard() {
  if (!installed_) return;  // an outer guard's handlers are its own
  for (int number : kSignals) {
    struct sigaction current {};
    sigaction(number, nullptr, &current);
    if (current.sa_handler == note) signal(number, SIG_DFL);
  }
}

int noted_interrupt() { return noted; }

void clear_interrupt() { noted = 0; }

}  // namespace thexp
