#include "thexp/tracking/crash_note.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "console_sinks.h"
#include "crash_slot.h"
#include "output_passer.h"

namespace thexp {
namespace {

struct CrashSignal {
  int number;
  const char* note;  // strsignal() is nothing for a handler
};

constexpr CrashSignal kSignals[] = {
    {SIGSEGV, "SIGSEGV (invalid memory access)"},
    {SIGBUS, "SIGBUS (bad memory access)"},
    {SIGFPE, "SIGFPE (arithmetic error)"},
    {SIGILL, "SIGILL (illegal instruction)"},
    {SIGABRT, "SIGABRT (abort was called)"}};

constexpr int kSlots = 16;
std::atomic<char*> notes[kSlots];  // the paths of the notes to write
std::terminate_handler before = nullptr;

// Async-signal-safe. The first note stays: an uncaught exception ends in abort.
void write_notes(const char* text, std::size_t bytes) {
  for (const std::atomic<char*>& note : notes) {
    const char* path = note.load();
    if (path == nullptr) continue;
    int file = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) continue;
    static_cast<void>(!::write(file, text, bytes));
    ::close(file);
  }
}

// What the program and its log have written is seen whole, before what the
// system or the runtime says of the crash. Async-signal-safe.
void end_console() {
  finish_output_at_crash();
  leave_moving_line();
}

// SA_RESETHAND: raised again, it does what it always does.
void on_signal(int number) {
  for (const CrashSignal& each : kSignals) {
    if (each.number == number) write_notes(each.note, ::strlen(each.note));
  }
  end_console();
  ::raise(number);
}

std::string text_of_exception() {
  std::exception_ptr thrown = std::current_exception();
  if (thrown == nullptr) return "std::terminate was called";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return std::string("uncaught exception: ") + error.what();
  } catch (...) {
    return "uncaught exception that is not a std::exception";
  }
}

void on_terminate() {
  std::string text = text_of_exception();
  write_notes(text.data(), text.size());
  end_console();
  if (before != nullptr) before();
  std::abort();
}

void use_stack(char* memory, std::size_t bytes) {
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = bytes;
  stack.ss_flags = memory == nullptr ? SS_DISABLE : 0;
  ::sigaltstack(&stack, nullptr);
}

}  // namespace

CrashGuard::CrashGuard() {
  use_stack(stack_.data(), stack_.size());
  for (const CrashSignal& each : kSignals) {
    struct sigaction current {};
    ::sigaction(each.number, nullptr, &current);
    if (current.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_ONSTACK;
    ::sigaction(each.number, &action, nullptr);
  }
  before = std::set_terminate(on_terminate);
}

CrashGuard::~CrashGuard() {
  std::set_terminate(before);
  for (const CrashSignal& each : kSignals) {
    struct sigaction current {};
    ::sigaction(each.number, nullptr, &current);
    if (current.sa_handler == on_signal) ::signal(each.number, SIG_DFL);
  }
  use_stack(nullptr, 0);
}

CrashSlot::CrashSlot(const std::filesystem::path& folder) {
  std::filesystem::path path = std::filesystem::absolute(folder) / kCrashNote;
  char* text = ::strdup(path.c_str());
  for (int i = 0; i < kSlots; ++i) {
    char* empty = nullptr;
    if (!notes[i].compare_exchange_strong(empty, text)) continue;
    place_ = i;
    return;
  }
  std::free(text);
}

CrashSlot::~CrashSlot() {
  if (place_ >= 0) std::free(notes[place_].exchange(nullptr));
}

}  // namespace thexp
