#include "catch.h"
#include "process.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

const char* const kMnist =
    "mnist_lr=0.1\n"
    "  20231121-100000-k3f9  completed    11-21 10:00   1m40s  5/5    "
    "eval/acc=0.9612\n"
    "  20231120-100000-a1b2  failed       11-21 10:00   1m40s\n";

TEST_CASE("G7 ls lists each experiment's runs, newest first") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "ls");
  CHECK(outcome.errors == "");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output ==
        std::string(kMnist) +
            "\n"
            "gan\n"
            "  20231119-100000-zzz1  interrupted  11-21 10:00   1m40s  2\n"
            "  20231118-100000-zzz0  killed       11-21 10:00   1m40s\n"
            "  20231117-100000-brok  unreadable   runs/gan/20231117-100000-brok"
            "/run.json:2:1: malformed JSON: " +
            outcome.output.substr(outcome.output.find("JSON: ") + 6));
}

TEST_CASE("G7 ls EXPERIMENT lists its runs only") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "ls mnist_lr=0.1").output == kMnist);
  Outcome outcome = thexp_tool(runs.dir(), "ls mnist_lr=0.2");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.output == "");
  CHECK(outcome.errors ==
        "thexp: no experiment 'mnist_lr=0.2' in the workspace 'runs'; did you "
        "mean 'mnist_lr=0.1'?\n");
}

// What a terminal with this many columns shows.
std::string ls_on_terminal(const TempDir& dir, int columns) {
  thexp::write_file_atomic(dir / "terminal.py", R"(
import fcntl, os, pty, struct, sys, termios
child, end = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
text = b""
while True:
    try:
        text += os.read(end, 65536)
    except OSError:
        break
os.waitpid(child, 0)
sys.stdout.buffer.write(text.replace(b"\r", b""))
)");
  auto finished =
      thexp_test::run_shell("TZ=UTC python3 terminal.py " +
                                std::to_string(columns) + " " THEXP_TOOL " ls",
                            dir.path());
  return finished.output;
}

TEST_CASE("G7 ls shows the evaluation where columns are few") {
  TempDir dir;
  thexp::write_file_atomic(
      dir / "runs" / "mnist" / "20231121-100000-k3f9" / "run.json",
      thexp_test::run_json(
          "mnist", "20231121-100000-k3f9", "completed",
          R"({"epoch": 5, "epochs": 4, "metrics": {"train/loss": 0.1957,
              "train/acc": 0.951, "eval/loss": 0.0821, "eval/acc": 0.9817}})"));
  const std::string start = "mnist\n  20231121-100000-k3f9  completed  ";
  CHECK(ls_on_terminal(dir, 160) ==
        start +
            "  11-21 10:00   1m40s  5      eval/loss=0.0821  "
            "eval/acc=0.9817  train/loss=0.1957  train/acc=0.951\n");
  CHECK(ls_on_terminal(dir, 125) ==
        start +
            "   1m40s  5      eval/loss=0.0821  eval/acc=0.9817  "
            "train/loss=0.1957  train/acc=0.951\n");
  CHECK(ls_on_terminal(dir, 120) ==
        start +
            "   1m40s  5      eval loss=0.0821 acc=0.9817  train "
            "loss=0.1957 acc=0.951\n");
  CHECK(ls_on_terminal(dir, 80) ==
        start + "   1m40s  5      eval loss=0.0821 acc=0.9817\n");
  CHECK(ls_on_terminal(dir, 70) ==
        start + "   1m40s  5      eval loss=0.082...\n");
}

TEST_CASE("ls --json gives every field, and broken runs too") {
  SampleRuns runs;
  Value list = Value::from_json(thexp_tool(runs.dir(), "ls --json").output);
  REQUIRE(list.as_list().size() == 5);
  const Value& newest = list.as_list()[0];
  CHECK(newest.at("experiment") == "mnist_lr=0.1");
  CHECK(newest.at("id") == "20231121-100000-k3f9");
  CHECK(newest.at("status") == "completed");
  CHECK(newest.at("seconds") == 100.0);
  CHECK(newest.at("start") == "2023-11-21T10:00:00.000+00:00");
  CHECK(newest.at("info").at("metrics").at("eval/acc") == 0.96121);
  CHECK(list.as_list()[1].at("error") == "loss is nan\nat step 3");
  const Value& broken = list.as_list()[4];
  CHECK(broken.at("status") == "unreadable");
  CHECK_CONTAINS(broken.at("problem").as_text(), "run.json:2:1: malformed");
}

TEST_CASE("ls of a run that is going on says running") {
  TempDir dir;
  auto run = thexp::Run::create(thexp::RunOptions()
                                    .workspace((dir / "runs").string())
                                    .experiment("live"));
  CHECK_CONTAINS(thexp_tool(dir, "ls").output, run->id() + "  running ");
  run->finish();
  CHECK_CONTAINS(thexp_tool(dir, "ls").output, run->id() + "  completed ");
}

TEST_CASE("ls of no workspace is an error, of an empty one it says so") {
  TempDir dir;
  Outcome outcome = thexp_tool(dir, "ls");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.errors ==
        "thexp: there is no workspace 'runs': no such folder; programs make it "
        "with their first run, and --workspace or THEXP_WORKSPACE name another "
        "one\n");
  thexp::make_directories(dir / "empty");
  outcome = thexp_tool(dir, "ls --workspace empty");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output == "no runs in the workspace 'empty'\n");
  CHECK(thexp_tool(dir, "ls --workspace empty --json").output == "[]\n");
}

}  // namespace
