#include "catch.h"
#include "process.h"
#include "run_folder.h"
#include "thexp/base/clock.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run.h"
#include "tool.h"
#include "variable.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

TEST_CASE("G7 ls lists each experiment's runs, newest first") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "ls");
  CHECK(outcome.errors == "");
  CHECK(outcome.exit_code == 0);
  std::string problem =
      outcome.output.substr(outcome.output.find("runs/gan/2023"));
  problem = problem.substr(0, problem.find('\n') + 1);
  CHECK_CONTAINS(problem,
                 "runs/gan/20231117-100000-brok/run.json:2:1: malformed JSON");
  CHECK(outcome.output ==
        "mnist_lr=0.1\n"
        "id                    status     started      time  at   eval/acc\n"
        "20231121-100000-k3f9  completed  2023-11-21  1m40s  5/5    0.9612\n"
        "20231120-100000-a1b2  failed     2023-11-21  1m40s\n"
        "\n"
        "gan\n"
        "id                    status       started      time  at\n"
        "20231119-100000-zzz1  interrupted  2023-11-21  1m40s  2\n"
        "20231118-100000-zzz0  killed       2023-11-21  1m40s\n"
        "20231117-100000-brok  unreadable   " +
            problem);
}

TEST_CASE("G7 ls EXPERIMENT lists its runs only") {
  SampleRuns runs;
  std::string output = thexp_tool(runs.dir(), "ls mnist_lr=0.1").output;
  CHECK_CONTAINS(output, "20231120-100000-a1b2");
  CHECK(!thexp_test::contains(output, "gan"));
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

struct Rates {
  Rates() {
    thexp_test::write_sample_runs(dir / "runs");
    thexp_test::RunFolder("mnist", "20231121-140000-ddd5")
        .with_json("info", R"({"phase": "eval"})")
        .write(dir / "runs");
  }
  std::string ls(const std::string& arguments) const {
    Outcome outcome = thexp_tool(dir, "ls " + arguments);
    CHECK(outcome.errors == "");
    CHECK(outcome.exit_code == 0);
    return outcome.output;
  }
  TempDir dir;
};

TEST_CASE("G7 ls shows what differs, and what there is room for") {
  Rates runs;
  const std::string gan =
      "gan\n"
      "#  id    status     started      time\n"
      "1  ccc4  completed  2023-11-21  1m40s\n"
      "\n";
  const std::string hidden = "\n1 evaluation is not shown (--all)\n";
  const std::string wide =
      gan +
      "mnist\n"
      "#  id    status     started      time  at   seed  optim.lr  eval/acc   "
      "best  train/loss\n"
      "3  bbb3  failed     2023-11-21  1m40s  0/5     3         1             "
      "             nan\n"
      "2  aaa2  completed  2023-11-21  1m40s  5/5     2      0.01      0.95  "
      "0.96*        0.25\n"
      "1  aaa1  completed  2023-11-21  1m40s  5/5     1       0.1       0.9  "
      "0.91          0.5\n"
      "* the best eval/acc\n";
  CHECK(ls_on_terminal(runs.dir, 200) == wide + hidden);
  CHECK(ls_on_terminal(runs.dir, 120) == wide + hidden);
  CHECK(ls_on_terminal(runs.dir, 80) ==
        gan +
            "mnist\n"
            "#  id    status     started      time  at   seed  optim.lr  "
            "eval/acc   best\n"
            "3  bbb3  failed     2023-11-21  1m40s  0/5     3         1\n"
            "2  aaa2  completed  2023-11-21  1m40s  5/5     2      0.01      "
            "0.95  0.96*\n"
            "1  aaa1  completed  2023-11-21  1m40s  5/5     1       0.1       "
            "0.9  0.91\n"
            "* the best eval/acc\n"
            "no room for: train/loss\n" +
            hidden);
}

TEST_CASE("G7 ls --filter, --sort, --columns and --limit choose") {
  Rates runs;
  CHECK(runs.ls("mnist --filter 'optim.lr < 1 and status == completed' "
                "--sort optim.lr --columns optim.lr,best.eval/acc --limit 1") ==
        "mnist\n"
        "#  id                    status     optim.lr  best.eval/acc\n"
        "2  20231121-110000-aaa2  completed      0.01           0.96\n");
  CHECK_CONTAINS(runs.ls("--sort -best.eval/acc"), "experiment  #  id ");
  Outcome outcome = thexp_tool(runs.dir, "ls --filter 'optim.l < 1'");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.errors ==
        "thexp: filter: no run has 'optim.l'; did you mean 'params.optim.lr'? "
        "(column 1)\n  optim.l < 1\n  ^\n");
  outcome = thexp_tool(runs.dir, "ls --columns optim.l");
  CHECK(outcome.errors ==
        "thexp: no run has 'optim.l'; did you mean 'params.optim.lr'?\n");
  CHECK(runs.ls("--filter 'seed == 99'") ==
        "no runs in the workspace 'runs' match the filter\n");
}

TEST_CASE("ls --all shows evaluations, too") {
  Rates runs;
  CHECK_CONTAINS(runs.ls("--all"), "20231121-140000-ddd5");
  CHECK(!thexp_test::contains(runs.ls(""), "ddd5"));
  CHECK(Value::from_json(runs.ls("--json")).as_list().size() == 4);
  CHECK(Value::from_json(runs.ls("--json --all")).as_list().size() == 5);
}

TEST_CASE("B7 ls --metrics --last shows the means of the last values") {
  Rates runs;
  thexp::write_file_atomic(
      runs.dir / "runs" / "mnist" / "20231121-110000-aaa2" / "metrics.jsonl",
      R"({"step":1,"epoch":0,"tag":"eval/acc","value":0.25})"
      "\n"
      R"({"step":2,"epoch":0,"tag":"eval/acc","value":0.75})"
      "\n");
  CHECK_CONTAINS(runs.ls("mnist --metrics eval/acc --last 1,10"),
                 "eval/acc last 1  eval/acc last 10\n");
  CHECK_CONTAINS(
      runs.ls("mnist --csv --metrics eval/acc --last 1,10"),
      "mnist,2,20231121-110000-aaa2,completed,2023-11-21T11:00:00.000+00:00,"
      "100.0,5/5,2,0.01,0.75,0.5\n");
  CHECK(thexp_tool(runs.dir, "ls --last 1").exit_code == 1);
}

TEST_CASE("T15 recent lists what happened lately") {
  Rates runs;
  auto began = std::chrono::system_clock::now() - std::chrono::hours(2);
  thexp_test::RunFolder("new", "20231121-150000-eee6")
      .with("start", thexp::iso8601(began))
      .with("end", thexp::iso8601(began + std::chrono::minutes(1)))
      .write(runs.dir / "runs");
  Outcome outcome = thexp_tool(runs.dir, "recent");
  CHECK_CONTAINS(outcome.output, "20231121-150000-eee6");
  CHECK(!thexp_test::contains(outcome.output, "aaa1"));
  CHECK(thexp_tool(runs.dir, "recent 20m").output ==
        "no runs in the workspace 'runs' in the last 20m\n");
  CHECK_CONTAINS(thexp_tool(runs.dir, "recent 3h").output, "eee6");
  CHECK_CONTAINS(thexp_tool(runs.dir, "recent soon").errors,
                 "'soon' is not a duration; write 20m, 2h or 3d");
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

TEST_CASE("T28 a run of another workspace is shown, and never removed") {
  TempDir home, here, other;
  thexp_test::Variable variable("THEXP_HOME", home.path().c_str());
  auto run = thexp::Run::create(
      thexp::RunOptions().workspace(other.path().string()).experiment("far"));
  run->finish();
  thexp::make_directories(here / "runs");
  auto command = [&](const std::string& arguments) {
    return thexp_test::run_shell(
        "THEXP_HOME=" + home.path().string() + " " THEXP_TOOL " " + arguments,
        here.path());
  };
  CHECK(command("path far").exit_code == 0);
  for (const char* change : {"rm far", "tag far good", "note far text"}) {
    CHECK_CONTAINS(command(change).output, "no run or experiment 'far'");
  }
  CHECK(command("path @-1").exit_code == 1);

  // One that is damaged here is not another one's.
  thexp::write_file_atomic(
      here / "runs" / "far" / "20261121-100000-k3f9" / "run.json", "{");
  CHECK_CONTAINS(command("path far").output, "malformed JSON");
  CHECK_CONTAINS(command("path far/7").output, "no run");
}

TEST_CASE("T28 ls from any folder shows the workspaces that are known") {
  TempDir home, here, one, two;
  auto command = [&](const std::string& arguments) {
    return thexp_test::run_shell(
        "THEXP_HOME=" + home.path().string() + " " THEXP_TOOL " " + arguments,
        here.path());
  };
  thexp_test::Variable variable("THEXP_HOME", home.path().c_str());
  std::vector<std::string> ids;
  for (const TempDir* workspace : {&one, &two}) {
    auto run = thexp::Run::create(thexp::RunOptions()
                                      .workspace(workspace->path().string())
                                      .experiment("mnist"));
    run->set_params(Value::Dict{{"lr", workspace == &one ? 0.1 : 0.2}});
    ids.push_back(run->id());
    run->finish();
  }
  auto listed = command("ls");
  CHECK_CONTAINS(listed.output, one.path().string() + "\n\nmnist\n");
  CHECK_CONTAINS(listed.output, two.path().string() + "\n\nmnist\n");
  Value json = Value::from_json(command("ls --json").output);
  CHECK(json.as_list().size() == 2);
  CHECK_CONTAINS(command("ls --filter 'lr > 0.15'").output, ids[1]);
  CHECK_CONTAINS(command("ls nobody").output, "no experiment 'nobody'");
  // A name of one workspace is enough, too.
  CHECK(command("path " + ids[0]).output ==
        (one.path() / "mnist" / ids[0]).string() + "\n");
  CHECK_CONTAINS(command("path mnist").output, "in several workspaces");

  thexp::fs::rename(one.path() / "mnist" / ids[0], here / "moved");
  CHECK_CONTAINS(command("path " + ids[0]).output, "is not there any more");
  CHECK(command("path moved").exit_code == 0);
  CHECK(command("ls").exit_code == 0);
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
