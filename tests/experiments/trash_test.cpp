#include "thexp/experiments/trash.h"

#include <sys/file.h>

#include "catch.h"
#include "fixed_clock.h"
#include "temp_dir.h"
#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/process.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/workspace.h"

namespace {

using namespace thexp;
using thexp_test::FixedClock;
using thexp_test::message_of;
using thexp_test::TempDir;

struct Fixture {
  TempDir dir;
  FixedClock clock;
  fs::path root = dir / "runs";
  Trash trash{root, clock};

  std::unique_ptr<Run> start(const std::string& experiment,
                             const std::string& parent = "") {
    return Run::create(RunOptions()
                           .workspace(root.string())
                           .experiment(experiment)
                           .parent(parent));
  }
  RunRecord finished(const std::string& experiment,
                     const std::string& parent = "") {
    auto run = start(experiment, parent);
    run->finish();
    return read_run(run->path());
  }
};

TEST_CASE("a run goes to the trash and back as it was") {
  Fixture f;
  RunRecord run = f.finished("mnist");
  write_file_atomic(run.path / "models" / "net.pt", std::string(5000, 'x'));
  fs::create_symlink("net.pt", run.path / "models" / "link.pt");
  std::uintmax_t bytes = folder_bytes(run.path);
  CHECK(bytes > 5000);
  TrashedRun removed = f.trash.remove({run}).at(0);
  CHECK(removed.name() == "mnist/" + run.id);
  CHECK(removed.bytes == bytes);
  CHECK(removed.path == f.root / ".trash" / "mnist" / run.id);
  CHECK_FALSE(fs::exists(run.path));
  CHECK(Workspace(f.root).runs().empty());

  std::vector<TrashedRun> there = f.trash.runs();
  REQUIRE(there.size() == 1);
  CHECK(there[0].removed == f.clock.now());
  CHECK(f.trash.restore(there[0]) == run.path);
  CHECK(f.trash.runs().empty());
  CHECK(read_file(run.path / "models" / "link.pt").size() == 5000);
  CHECK(read_run(run.path).id == run.id);
}

TEST_CASE("a running run is removed by force alone") {
  Fixture f;
  auto run = f.start("mnist");
  RunRecord record = read_run(run->path());
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.remove({record}); }),
                 "is running: process " + std::to_string(record.pid));
  CHECK(fs::exists(run->path()));
  f.trash.remove({record}, true);
  CHECK_FALSE(fs::exists(record.path));
}

TEST_CASE("a run that a process has just opened is held by its lock") {
  Fixture f;
  RunRecord record = f.finished("mnist");  // as it was a moment ago
  Descriptor lock(::open(record.path.c_str(), O_RDONLY | O_DIRECTORY));
  REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.remove({record}); }),
                 "is being written by another process");
  CHECK(fs::exists(record.path));
}

TEST_CASE("a parent goes with its children, or by force") {
  Fixture f;
  RunRecord parent = f.finished("mnist");
  RunRecord child = f.finished("fork", "mnist/" + parent.id);
  RunRecord other = f.finished("other");
  CHECK(message_of<UsageError>([&] {
          f.trash.remove({other, parent});
        }) == "run mnist/" + parent.id + " is the parent of fork/" + child.id +
                  "; remove them too, or this one with --force");
  CHECK(fs::exists(other.path));  // none went
  CHECK(f.trash.remove({parent, child}).size() == 2);
  for (const TrashedRun& run : f.trash.runs()) f.trash.restore(run);
  CHECK(f.trash.remove({parent}, true).size() == 1);
}

TEST_CASE("a run of another workspace does not go into this trash") {
  Fixture f, other;
  RunRecord run = other.finished("mnist");
  f.finished("mnist");
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.remove({run}); }),
                 "is not in the workspace '" + f.root.string() + "'");
  CHECK(fs::exists(run.path));
}

TEST_CASE("nothing is restored or removed over another run") {
  Fixture f;
  RunRecord run = f.finished("mnist");
  TrashedRun removed = f.trash.remove({run}).at(0);
  fs::create_directories(run.path);
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.restore(removed); }),
                 "is there already");
  CHECK(fs::exists(removed.path / "run.json"));
  fs::copy(removed.path / "run.json", run.path / "run.json");
  CHECK_CONTAINS(
      message_of<UsageError>([&] { f.trash.remove({read_run(run.path)}); }),
      "the trash holds a run mnist/" + run.id + " already");
  CHECK(fs::exists(run.path / "run.json"));
}

TEST_CASE("runs in the trash are found by id, its parts and experiment") {
  Fixture f;
  RunRecord first = f.finished("mnist");
  RunRecord second = f.finished("mnist");
  f.trash.remove({first});
  f.clock.time += std::chrono::minutes(1);
  f.trash.remove({second});
  for (const std::string& name :
       {first.id, "mnist/" + first.id, first.id.substr(12)}) {
    CHECK(f.trash.find(name).id == first.id);
  }
  CHECK(f.trash.find("mnist").id == second.id);
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.find("mnits"); }),
                 "no run 'mnits' in the trash");
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.find("mnits"); }),
                 "did you mean 'mnist'?");
  CHECK_CONTAINS(message_of<UsageError>([&] { f.trash.find("20"); }),
                 "'20' fits 2 runs in the trash: mnist/");
}

TEST_CASE("the trash is emptied by age, and its code forgotten") {
  Fixture f;
  RunRecord old = f.finished("mnist");
  RunRecord young = f.finished("mnist");
  f.trash.remove({old});
  f.clock.time += std::chrono::hours(48);
  f.trash.remove({young});
  f.clock.time += std::chrono::hours(1);
  Garbage garbage = f.trash.garbage(std::chrono::hours(24));
  REQUIRE(garbage.runs.size() == 1);
  CHECK(garbage.runs[0].id == old.id);
  CHECK(garbage.bytes == garbage.runs[0].bytes);
  std::vector<std::string> forgotten;
  f.trash.empty(garbage,
                [&](const RunRecord& run) { forgotten.push_back(run.id); });
  CHECK(forgotten == std::vector<std::string>{old.id});
  REQUIRE(f.trash.runs().size() == 1);
  CHECK(f.trash.runs()[0].id == young.id);
  f.trash.empty(f.trash.garbage());
  CHECK(f.trash.runs().empty());
  CHECK(f.trash.garbage().leftovers.empty());
}

TEST_CASE("what a killed deletion left is garbage, and no run") {
  Fixture f;
  RunRecord run = f.finished("mnist");
  fs::path half = f.root / ".trash" / ".deleting" / "mnist" / run.id;
  fs::create_directories(half.parent_path());
  fs::rename(run.path, half);
  CHECK(f.trash.runs().empty());
  Garbage garbage = f.trash.garbage(std::chrono::hours(24));
  CHECK(garbage.leftovers == std::vector<fs::path>{half});
  CHECK(garbage.bytes > 0);
  int forgotten = 0;
  f.trash.empty(garbage, [&](const RunRecord&) { ++forgotten; });
  CHECK(forgotten == 1);
  CHECK_FALSE(fs::exists(half));
}

TEST_CASE("old temporary files of killed processes are garbage") {
  Fixture f;
  RunRecord run = f.finished("mnist");
  auto running = f.start("mnist");
  f.clock.time = std::chrono::system_clock::now();
  auto add = [&](const fs::path& file) {
    write_file_atomic(file, "x");
    return file;
  };
  fs::path old = add(run.path / "checkpoints" / "last.pt.tmp.7.0");
  fs::path of_running = add(running->path() / "last.pt.tmp.8.0");
  add(run.path / "my.tmp.notes");
  CHECK(f.trash.garbage().leftovers.empty());  // somebody may be writing them
  f.clock.time += std::chrono::hours(2);
  CHECK(f.trash.garbage().leftovers == std::vector<fs::path>{old});
  f.trash.empty(f.trash.garbage());
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(of_running));
  CHECK(fs::exists(run.path / "my.tmp.notes"));
}

}  // namespace
