#include "thexp/tracking/crash_note.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <thread>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/run_record.h"

namespace {

using thexp::CrashGuard;
using thexp::Run;
using thexp::RunOptions;
using thexp::RunRecord;
using thexp::RunStatus;
using thexp_test::TempDir;

// The test program watches signals itself; a training program does not.
void be_a_plain_program() {
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    ::signal(number, SIG_DFL);
  }
  rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  static_cast<void>(!::freopen("/dev/null", "w", stderr));
}

struct Crash {
  int signal = 0;  // that the process ended with
  thexp::fs::path run;
};

// Runs `crash` in a child process that writes a run.
Crash crash_of(const TempDir& dir, const std::function<void()>& crash) {
  thexp::fs::path note = dir / "path";
  pid_t child = ::fork();
  if (child == 0) {
    be_a_plain_program();
    CrashGuard guard;
    auto run = Run::create(
        RunOptions().workspace((dir / "runs").string()).experiment("exp"));
    thexp::write_file_atomic(note, run->path().string());
    crash();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFSIGNALED(status) ? WTERMSIG(status) : 0, thexp::read_file(note)};
}

TEST_CASE("a crash is the run's failure, and ends the process as ever") {
  struct Case {
    int signal;
    const char* failure;
  };
  for (Case each : {Case{SIGSEGV, "SIGSEGV (invalid memory access)"},
                    Case{SIGFPE, "SIGFPE (arithmetic error)"},
                    Case{SIGABRT, "SIGABRT (abort was called)"}}) {
    TempDir dir;
    Crash crash = crash_of(dir, [&] { ::raise(each.signal); });
    CHECK(crash.signal == each.signal);
    RunRecord record = thexp::read_run(crash.run);
    CHECK(record.status == RunStatus::kFailed);
    CHECK(record.failure == each.failure);
  }
}

TEST_CASE("an exception that nobody catches is the run's failure") {
  TempDir dir;
  Crash crash = crash_of(dir, [] {
    std::thread([] { throw std::runtime_error("loss is nan"); }).join();
  });
  CHECK(crash.signal == SIGABRT);
  RunRecord record = thexp::read_run(crash.run);
  CHECK(record.status == RunStatus::kFailed);
  CHECK(record.failure == "uncaught exception: loss is nan");
}

TEST_CASE("a kill leaves no note: the run was killed") {
  TempDir dir;
  Crash crash = crash_of(dir, [] { ::raise(SIGKILL); });
  CHECK(crash.signal == SIGKILL);
  CHECK(thexp::read_run(crash.run).status == RunStatus::kKilled);
}

TEST_CASE("a run that goes on forgets the crash of a process before") {
  TempDir dir;
  Crash crash = crash_of(dir, [] { ::raise(SIGSEGV); });
  Run::open(crash.run)->finish();
  CHECK(thexp::read_run(crash.run).status == RunStatus::kCompleted);
  CHECK_FALSE(thexp::fs::exists(crash.run / "crash.txt"));
}

void take_signal(int) {}

TEST_CASE("a signal that the program handles itself is left alone") {
  auto handler_of = [](int number) {
    struct sigaction current {};
    ::sigaction(number, nullptr, &current);
    return current.sa_handler;
  };
  auto* before = ::signal(SIGFPE, take_signal);
  {
    CrashGuard guard;
    CHECK(handler_of(SIGFPE) == take_signal);
  }
  CHECK(handler_of(SIGFPE) == take_signal);
  ::signal(SIGFPE, before);
}

}  // namespace
