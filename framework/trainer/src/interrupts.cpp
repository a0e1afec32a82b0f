#include "thexp/trainer/interrupts.h"

#include <signal.h>
#include <string.h>

namespace thexp {
namespace {

volatile sig_atomic_t noted = 0;

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};

// A terminal that is closed and its shell both send the first; the second
// comes each second once the limit is reached.
bool is_repeated(int number) { return number == SIGHUP || number == SIGXCPU; }

// The first time: note it, and give the next one back to the system.
void note(int number) {
  if (noted != 0) return;  // one that is repeated
  noted = number;
  for (int each : kSignals) {
    if (is_repeated(each)) continue;
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

std::string interrupt_name() {
  return noted == 0 ? "" : std::string("SIG") + sigabbrev_np(noted);
}

void clear_interrupt() { noted = 0; }

}  // namespace thexp
