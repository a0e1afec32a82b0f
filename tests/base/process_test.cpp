#include "thexp/base/process.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <iterator>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using std::chrono::seconds;
using thexp::Process;
using thexp::ProcessEnd;
using thexp::ProcessOptions;
using thexp_test::TempDir;

ProcessOptions shell(const std::string& script) {
  return ProcessOptions({"sh", "-c", script});
}

std::string output_of(ProcessOptions options) {
  Process process(options.pipe_output(true));
  std::string output = process.read_all();
  CHECK(process.wait().succeeded());
  return output;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(thexp::fs::directory_iterator("/proc/self/fd"), {});
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

TEST_CASE("a process ends with its exit code") {
  Process process(shell("exit 3"));
  ProcessEnd end = process.wait();
  CHECK(end.exit_code == 3);
  CHECK(end.signal == 0);
  CHECK_FALSE(end.succeeded());
  CHECK(end.to_string() == "exit code 3");
  CHECK(process.wait().exit_code == 3);  // as often as it is asked
  CHECK(Process(shell(":")).wait().succeeded());
}

TEST_CASE("a process that a signal ends says which") {
  ProcessEnd end = Process(shell("kill -TERM $$")).wait();
  CHECK(end.signal == SIGTERM);
  CHECK_FALSE(end.succeeded());
  CHECK(end.to_string() == "signal 15 (Terminated)");
}

TEST_CASE("arguments reach a process as they are") {
  CHECK(output_of(ProcessOptions({"printf", "%s|", "a b", "", "'$x'"})) ==
        "a b||'$x'|");
  CHECK(output_of(ProcessOptions({"other name", "-c", "printf %s \"$0\""})
                      .program("/bin/sh")) == "other name");
}

TEST_CASE("a process gets this environment, and what is set on top") {
  ::setenv("THEXP_TEST_OLD", "old", 1);
  ::setenv("THEXP_TEST_KEPT", "kept", 1);
  auto options = shell("env | grep ^THEXP_TEST_ | sort")
                     .environment("THEXP_TEST_OLD", "new=er")
                     .environment("THEXP_TEST_ADDED", "");
  CHECK(output_of(options) ==
        "THEXP_TEST_ADDED=\nTHEXP_TEST_KEPT=kept\nTHEXP_TEST_OLD=new=er\n");
}

TEST_CASE("a process works in its folder; a relative program is ours") {
  TempDir dir;
  thexp::fs::path folder = thexp::fs::canonical(dir.path());
  CHECK(output_of(shell("pwd -P").working_folder(folder)) ==
        folder.string() + "\n");
  thexp::fs::path program = thexp::fs::relative("/bin/sh");
  ProcessOptions relative({program.string(), "-c", "echo found"});
  CHECK(output_of(relative.working_folder(folder)) == "found\n");
}

TEST_CASE("standard input is empty") { CHECK(output_of(shell("cat")) == ""); }

TEST_CASE("output and errors go to files, behind what is there") {
  TempDir dir;
  auto options = shell("echo said; echo wrong >&2")
                     .output_file(dir / "out")
                     .error_file(dir / "err");
  Process(options).wait();
  Process(options).wait();
  CHECK(thexp::read_file(dir / "out") == "said\nsaid\n");
  CHECK(thexp::read_file(dir / "err") == "wrong\nwrong\n");
  Process(shell("echo a; echo b >&2")
              .output_file(dir / "both")
              .errors_to_output(true))
      .wait();
  CHECK(thexp::read_file(dir / "both") == "a\nb\n");
}

TEST_CASE("piped output is read by lines, and the rest at once") {
  auto script = "echo one; echo; echo three >&2; printf 'four\\nfive'";
  Process process(shell(script).pipe_output(true).errors_to_output(true));
  CHECK(process.read_line() == "one");
  CHECK(process.read_line() == "");
  CHECK(process.read_line() == "three");
  CHECK(process.read_all() == "four\nfive");
  CHECK(process.read_line() == std::nullopt);
  Process last(shell("printf end").pipe_output(true));
  CHECK(last.read_line() == "end");
  CHECK(last.read_line() == std::nullopt);
}

TEST_CASE("output larger than a pipe holds is read whole") {
  CHECK(output_of(shell("head -c 300000 /dev/zero")).size() == 300000);
}

TEST_CASE("a wait ends at its deadline, and the process goes on") {
  Process process(ProcessOptions({"sleep", "1000"}));
  CHECK_FALSE(process.poll());
  CHECK_FALSE(process.wait_for(seconds(0)));
  CHECK_FALSE(process.wait_for(std::chrono::milliseconds(20)));
  CHECK(process.kill().signal == SIGKILL);
  CHECK(process.wait_for(seconds(0))->signal == SIGKILL);
  CHECK(process.kill().signal == SIGKILL);  // it is dead already
}

TEST_CASE("a wait ends when the process does") {
  Process process(shell("exit 4"));
  CHECK(process.wait_for(seconds(1000))->exit_code == 4);
}

TEST_CASE("a process gets the signals that it is sent") {
  auto script = "trap 'exit 5' USR1; echo ready; while :; do sleep 0.01; done";
  Process process(shell(script).pipe_output(true));
  CHECK(process.read_line() == "ready");
  process.send(SIGUSR1);
  CHECK(process.wait().exit_code == 5);
  process.send(SIGUSR1);  // nobody is there: no error, and no stranger's signal
}

TEST_CASE("a process does not outlive its object, which can be moved") {
  pid_t pid = 0;
  {
    Process first(ProcessOptions({"sleep", "1000"}));
    pid = first.pid();
    Process second(std::move(first));
    CHECK_FALSE(second.poll());
  }
  CHECK(is_gone(pid));
}

TEST_CASE("a process that cannot be started says which and why") {
  TempDir dir;
  auto message_of = [](const ProcessOptions& options) {
    return thexp_test::message_of<thexp::FileError>(
        [&] { Process process(options); });
  };
  std::string missing = (dir / "missing").string();
  CHECK(message_of(ProcessOptions({missing, "-x"})) ==
        "cannot start '" + missing + "': No such file or directory (errno 2)");
  CHECK(message_of(ProcessOptions({"thexp-no-such-program"})) ==
        "cannot start 'thexp-no-such-program': No such file or directory "
        "(errno 2)");
  CHECK(message_of(ProcessOptions({dir.path().string()})) ==
        "cannot start '" + dir.path().string() +
            "': Permission denied (errno 13)");
  CHECK(message_of(shell(":").working_folder(missing)) ==
        "cannot start 'sh': cannot open its working folder '" + missing +
            "': No such file or directory (errno 2)");
  CHECK(message_of(shell(":").output_file(dir.path())) ==
        "cannot start 'sh': cannot open its output file '" +
            dir.path().string() + "': Is a directory (errno 21)");
  CHECK(message_of(shell(":").error_file(dir / "missing" / "err")) ==
        "cannot start 'sh': cannot open its error file '" + missing +
            "/err': No such file or directory (errno 2)");
}

TEST_CASE("options that contradict each other are refused") {
  using thexp::UsageError;
  CHECK_THROWS_AS(Process(ProcessOptions({})), UsageError);
  CHECK_THROWS_AS(Process(shell(":").pipe_output(true).output_file("out")),
                  UsageError);
  CHECK_THROWS_AS(Process(shell(":").errors_to_output(true).error_file("err")),
                  UsageError);
}

TEST_CASE("processes leave no descriptor open, failed ones neither") {
  TempDir dir;
  std::ptrdiff_t before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    Process piped(shell("echo a; echo b").pipe_output(true));
    CHECK(piped.read_line() == "a");
    CHECK(piped.wait().succeeded());
    auto bad = shell(":").pipe_output(true).working_folder(dir / "missing");
    CHECK_THROWS_AS(Process(bad), thexp::FileError);
    CHECK_THROWS_AS(Process(ProcessOptions({"/no/program"}).pipe_output(true)),
                    thexp::FileError);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a process does not hold another one's pipe open") {
  Process piped(shell("echo done; cat").pipe_output(true));
  Process other(ProcessOptions({"sleep", "1000"}));
  CHECK(piped.read_all() == "done\n");
  CHECK_FALSE(other.poll());
}

TEST_CASE("standard streams that are closed here are no child's loss") {
  int kept = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  std::string output = output_of(shell("cat; echo said"));
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
  CHECK(output == "said\n");
}

// Signals whose handlers interrupt system calls, every millisecond.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, &before_);
    set_interval(1000);
  }
  ~SignalStorm() {
    set_interval(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;

 private:
  static void set_interval(suseconds_t microseconds) {
    itimerval timer{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }

  struct sigaction before_ {};
};

TEST_CASE("signals to this process disturb neither reading nor waiting") {
  SignalStorm storm;
  auto script = "sleep 0.05; echo a; sleep 0.05; exec >&-; sleep 0.05; exit 6";
  Process process(shell(script).pipe_output(true));
  CHECK(process.read_line() == "a");
  CHECK(process.read_all() == "");
  CHECK(process.wait().exit_code == 6);
}

}  // namespace
