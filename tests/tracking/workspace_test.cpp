#include "thexp/tracking/workspace.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <ctime>

#include "catch.h"
#include "fixed_clock.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/run.h"
#include "variable.h"

namespace {

using thexp::Run;
using thexp::RunOptions;
using thexp::RunRecord;
using thexp::RunStatus;
using thexp::Workspace;
using thexp_test::FixedClock;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::Variable;

/// Two runs of "a" and then one of "b", a minute apart.
struct Sample {
  Sample() {
    for (const char* experiment : {"a", "a", "b"}) {
      auto run = Run::create(RunOptions()
                                 .workspace(dir.path().string())
                                 .experiment(experiment)
                                 .clock(clock));
      ids.push_back(run->id());
      run->finish();
      clock.advance(std::chrono::minutes(1));
    }
  }

  TempDir dir;
  FixedClock clock;
  std::vector<std::string> ids;
};

std::vector<std::string> ids_of(const std::vector<RunRecord>& runs) {
  std::vector<std::string> ids;
  for (const RunRecord& run : runs) ids.push_back(run.id);
  return ids;
}

TEST_CASE("the workspace is what is given, then THEXP_WORKSPACE, then runs") {
  Variable unset("THEXP_WORKSPACE", nullptr);
  CHECK(thexp::workspace_path() == "runs");
  Variable set("THEXP_WORKSPACE", "/some/where");
  CHECK(thexp::workspace_path() == "/some/where");
  CHECK(thexp::workspace_path("given") == "given");
}

TEST_CASE("THEXP_WORKSPACE may name the home folder") {
  Variable home("HOME", "/home/me");
  Variable set("THEXP_WORKSPACE", "~/runs");
  CHECK(thexp::workspace_path() == "/home/me/runs");
  Variable wrong("THEXP_WORKSPACE", "$HOME/runs");
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { thexp::workspace_path(); }),
                 "THEXP_WORKSPACE: '$HOME/runs': $HOME is not expanded");
}

TEST_CASE("runs are listed newest first") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  CHECK(workspace.experiments() == std::vector<std::string>{"a", "b"});
  CHECK(ids_of(workspace.runs()) ==
        std::vector<std::string>{sample.ids[2], sample.ids[1], sample.ids[0]});
  CHECK(ids_of(workspace.runs("a")) ==
        std::vector<std::string>{sample.ids[1], sample.ids[0]});
}

TEST_CASE("runs of one second are ordered by their beginning") {
  TempDir dir;
  FixedClock clock;
  std::vector<std::string> newest_first;
  for (int i = 0; i < 6; ++i) {
    auto run = Run::create(RunOptions()
                               .workspace(dir.path().string())
                               .experiment("a")
                               .clock(clock));
    newest_first.insert(newest_first.begin(), run->id());
    run->finish();
    clock.advance(std::chrono::milliseconds(1));
  }
  CHECK(ids_of(Workspace(dir.path()).runs()) == newest_first);
}

/// Until its end, local time is that of this zone.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* zone = ::getenv("TZ")) before_ = zone;
    set(name);
  }
  ~Zone() { before_.empty() ? reset() : set(before_.c_str()); }

 private:
  static void set(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  static void reset() {
    ::unsetenv("TZ");
    ::tzset();
  }

  std::string before_;
};

std::string run_in(const char* zone, const TempDir& dir, FixedClock& clock) {
  Zone local(zone);
  auto run = Run::create(
      RunOptions().workspace(dir.path().string()).experiment("a").clock(clock));
  run->finish();
  clock.advance(std::chrono::minutes(1));
  return run->id();
}

TEST_CASE("the newest run is the one that began last, in whatever time zone") {
  TempDir dir;
  FixedClock clock;
  std::string first = run_in("JST-9", dir, clock);  // nine hours ahead
  std::string second = run_in("UTC", dir, clock);
  std::string third = run_in("EST+5", dir, clock);
  CHECK(first > second);
  Workspace workspace(dir.path());
  CHECK(ids_of(workspace.runs()) ==
        std::vector<std::string>{third, second, first});
  CHECK(workspace.find("a").id == third);
}

TEST_CASE("of a run.json that cannot be read the folder's name is the time") {
  TempDir dir;
  FixedClock clock;
  std::string first = run_in("UTC", dir, clock);
  std::string second = run_in("UTC", dir, clock);
  std::string third = run_in("UTC", dir, clock);
  thexp::write_file_atomic(dir.path() / "a" / second / "run.json", "{");
  Zone local("UTC");
  CHECK(ids_of(Workspace(dir.path()).runs()) ==
        std::vector<std::string>{third, second, first});
}

TEST_CASE("a run folder's mode comes from the umask") {
  TempDir dir;
  FixedClock clock;
  mode_t before = ::umask(0002);
  std::string id = run_in("UTC", dir, clock);
  ::umask(before);
  for (const char* name : {"", "checkpoints", "run.json", "metrics.jsonl"}) {
    INFO(name);
    struct stat status {};
    auto path = dir.path() / "a" / id / name;
    REQUIRE(::stat(path.c_str(), &status) == 0);
    bool is_folder = S_ISDIR(status.st_mode);
    CHECK((status.st_mode & 0777) == (is_folder ? 0775u : 0664u));
  }
}

TEST_CASE("G12 a broken run hides no other, and other folders do not matter") {
  Sample sample;
  const auto& root = sample.dir.path();
  thexp::make_directories(root / "a" / "notes");
  thexp::make_directories(root / "data" / "raw");
  thexp::write_file_atomic(root / "a" / sample.ids[0] / "run.json", "{");
  thexp::fs::remove(root / "b" / sample.ids[2] / "run.json");

  Workspace workspace(root);
  CHECK(workspace.experiments() == std::vector<std::string>{"a", "b"});
  std::vector<RunRecord> runs = workspace.runs();
  CHECK(ids_of(runs) ==
        std::vector<std::string>{sample.ids[2], sample.ids[1], sample.ids[0]});
  CHECK(runs[0].status == RunStatus::kUnreadable);
  CHECK_CONTAINS(runs[0].error, "No such file");
  CHECK(runs[1].status == RunStatus::kCompleted);
  CHECK(runs[1].error.empty());
  CHECK(runs[2].experiment == "a");
  CHECK_CONTAINS(runs[2].error, "malformed JSON");
}

TEST_CASE("a run is found by path, id, beginning, or experiment") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  auto path = sample.dir.path() / "a" / sample.ids[0];
  CHECK(workspace.find(path.string()).id == sample.ids[0]);
  CHECK(workspace.find("a/" + sample.ids[0]).id == sample.ids[0]);
  CHECK(workspace.find(sample.ids[0]).id == sample.ids[0]);
  CHECK(workspace.find("20261121-100100").id == sample.ids[1]);
  CHECK(workspace.find("a").id == sample.ids[1]);
}

TEST_CASE("a run that is not found, or not the only one, is an error") {
  Sample sample;
  Workspace workspace(sample.dir.path());
  auto problem_of = [&](const std::string& name) {
    return message_of<thexp::UsageError>([&] { workspace.find(name); });
  };
  std::string place = "the workspace '" + sample.dir.path().string() + "'";
  CHECK(problem_of("19990101") == "no run or experiment '19990101' in " +
                                      place + "; experiments there: a, b");
  CHECK_CONTAINS(problem_of(""), "no run or experiment ''");
  CHECK(problem_of("2026") == "'2026' begins the ids of 3 runs: b/" +
                                  sample.ids[2] + ", a/" + sample.ids[1] +
                                  ", a/" + sample.ids[0]);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { workspace.runs("c"); }),
                 "no experiment 'c' in " + place);
}

TEST_CASE("an absent workspace is an error, not an empty one") {
  TempDir dir;
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { Workspace(dir / "none"); }),
                 "there is no workspace '" + (dir / "none").string() +
                     "': no such folder");
  thexp::write_file_atomic(dir / "file", "");
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { Workspace(dir / "file"); }),
                 "it is not a folder");
}

TEST_CASE("a link to itself hides no run") {
  TempDir dir;
  auto run = Run::create(
      RunOptions().workspace(dir.path().string()).experiment("toy"));
  std::filesystem::create_symlink("loop", dir / "loop");
  std::filesystem::create_symlink("loop", dir / "toy" / "loop");
  CHECK(Workspace(dir.path()).runs().size() == 1);
}

}  // namespace
