#include "thexp/experiments/run_set.h"

#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace {

using thexp::RunEntry;
using thexp::RunIndex;
using thexp::RunRecord;
using thexp::RunSet;
using thexp::UsageError;
using thexp::Workspace;
using thexp_test::message_of;
using thexp_test::RunFolder;
using thexp_test::TempDir;

struct Sample {
  Sample() { thexp_test::write_sample_runs(dir.path()); }

  std::string ends(const std::string& set) const {
    Workspace workspace(dir.path());
    RunIndex index(workspace);
    std::string text;
    for (const RunEntry& run : RunSet(workspace, set).runs(index)) {
      text += (text.empty() ? "" : " ") + run.id().substr(16);
    }
    return text;
  }

  TempDir dir;
};

TEST_CASE("G5 a set has each run once, in the order in which it was added") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  RunSet set(workspace, "paper");
  CHECK(!set.exists());
  CHECK(set.add({workspace.find("aaa2"), workspace.find("gan")}).size() == 2);
  CHECK(set.add({workspace.find("mnist/2"), workspace.find("aaa1")}) ==
        std::vector<std::string>{"mnist/20231121-100000-aaa1"});
  CHECK(sample.ends("paper") == "aaa2 ccc4 aaa1");
  CHECK(thexp::read_file(set.file()) ==
        "mnist/20231121-110000-aaa2\n"
        "gan/20231121-130000-ccc4\n"
        "mnist/20231121-100000-aaa1\n");
  CHECK(RunSet::names(workspace) ==
        std::vector<std::string>{"finished", "paper"});
}

TEST_CASE("G5 finished is all completed runs that trained") {
  Sample sample;
  RunFolder("mnist", "20231122-100000-ddd5")
      .with_json("info", R"({"phase": "eval"})")
      .write(sample.dir.path());
  RunFolder("mnist", "20231122-100000-ddd6")
      .with("status", "interrupted")
      .write(sample.dir.path());
  CHECK(sample.ends("finished") == "ccc4 aaa2 aaa1");
  Workspace workspace(sample.dir.path());
  CHECK_CONTAINS(message_of<UsageError>([&] {
                   RunSet(workspace, "finished").add({workspace.find("gan")});
                 }),
                 "holds all completed runs by itself");
}

TEST_CASE("G18 a set is written by hand, and keeps what is written there") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  RunSet set(workspace, "mine");
  thexp::write_file_atomic(set.file(),
                           "# the good ones\n"
                           "\n"
                           "  mnist/2   # its second\n"
                           "aaa1\r\n"
                           "mnist/20231121-110000-aaa2");
  CHECK(sample.ends("mine") == "aaa2 aaa1");
  set.add({workspace.find("aaa1"), workspace.find("gan")});
  CHECK(thexp::read_file(set.file()) ==
        "# the good ones\n"
        "\n"
        "  mnist/2   # its second\n"
        "aaa1\r\n"
        "mnist/20231121-110000-aaa2\n"
        "gan/20231121-130000-ccc4\n");
}

TEST_CASE("a line that names no run, and a set that is not there, are errors") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  RunSet set(workspace, "mine");
  thexp::write_file_atomic(set.file(), "aaa1\nmnits\n");
  CHECK_CONTAINS(message_of<UsageError>([&] { sample.ends("mine"); }),
                 "mine.txt:2: no run or experiment 'mnits'");
  thexp::write_file_atomic(set.file(), "aaa\n");
  CHECK(sample.ends("finished") == "ccc4 aaa2 aaa1");
  CHECK_CONTAINS(message_of<UsageError>([&] { sample.ends("mine"); }),
                 "mine.txt:1: no run or experiment 'aaa'");
  CHECK_CONTAINS(message_of<UsageError>([&] { sample.ends("mien"); }),
                 "no set 'mien'");
  CHECK_THROWS_AS(RunSet(workspace, "a/b"), UsageError);
  CHECK_THROWS_AS(RunSet(workspace, ""), UsageError);
  CHECK_THROWS_AS(RunSet(workspace, ".x"), UsageError);
}

TEST_CASE("G6 chosen columns stay, with the comments beside them") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  RunSet set(workspace, "finished");
  CHECK(set.columns().empty());
  set.set_columns({"params.optim.lr", "best.eval/acc"});
  CHECK(set.columns() ==
        std::vector<std::string>{"params.optim.lr", "best.eval/acc"});
  thexp::write_file_atomic(set.columns_file(),
                           "# mine\nstatus\nparams.seed  # the seed\n");
  CHECK(set.columns() == std::vector<std::string>{"status", "params.seed"});
  set.set_columns({"eval/acc"});
  CHECK(thexp::read_file(set.columns_file()) == "# mine\neval/acc\n");
}

TEST_CASE("G5 twenty processes that add to one set at once lose nothing") {
  TempDir dir;
  constexpr int kProcesses = 20, kEach = 5;
  for (int i = 0; i < kProcesses * kEach; ++i) {
    RunFolder("a", "20231121-100000-a" + std::to_string(100 + i))
        .write(dir.path());
  }
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int child = 0; child < kProcesses; ++child) {
    pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::close(gate[1]);
      char none;
      bool is_open = ::read(gate[0], &none, 1) == 0;  // until all are there
      Workspace workspace(dir.path());
      RunSet set(workspace, "all");
      for (int i = 0; is_open && i < kEach; ++i) {
        int number = 100 + child * kEach + i;
        set.add(
            {workspace.find("a/20231121-100000-a" + std::to_string(number))});
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (pid_t pid : children) {
    int status = -1;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
  Workspace workspace(dir.path());
  RunIndex index(workspace);
  CHECK(RunSet(workspace, "all").runs(index).size() == kProcesses * kEach);
  std::string content = thexp::read_file(RunSet(workspace, "all").file());
  CHECK(thexp::split(content, '\n').size() == kProcesses * kEach + 1);
}

}  // namespace
