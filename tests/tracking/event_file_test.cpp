#include "thexp/tracking/event_file.h"

#include <cmath>
#include <vector>

#include "catch.h"
#include "process.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/metric_store.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/workspace.h"

namespace {

using thexp::EventFile;
using thexp::find_event_files;
using thexp::read_file;
using thexp_test::message_of;
using thexp_test::TempDir;

// At 1732184400.5 seconds since 1970.
struct StandingClock : thexp::Clock {
  thexp::SystemTime now() const override {
    return thexp::SystemTime() + std::chrono::milliseconds(1732184400500);
  }
};

std::string hex(const std::string& bytes) {
  std::string text;
  for (unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// Made in Python by google.protobuf from the fields of event.proto, framed with
// the checksums of the package crc32c.
const std::string kVersion =
    "1800000000000000a37f4b220900002054c2cfd9411a0d627261696e2e4576656e743a322c"
    "30c727";
const std::string kStartAt7 =
    "0f000000000000006d532b090900002054c2cfd94110073a0208010024c38f";
const std::string kLossAt120 =
    "200000000000000029eda9500900002054c2cfd94110782a130a110a0a747261696e2f6c6f"
    "7373159a99993e2815eebf";
const std::string kNanAt300 =
    "1d00000000000000602fdf230900002054c2cfd94110ac022a0f0a0d0a06c3a92022782215"
    "0000c07f3088075c";

TEST_CASE("S4 an event file holds the bytes that TensorBoard reads") {
  TempDir dir;
  StandingClock clock;
  EventFile events(dir.path(), clock);
  events.restart(7);
  events.scalar("train/loss", 0.3, 120);
  events.scalar("é \"x\"", std::nan(""), 300);
  CHECK_FALSE(thexp::fs::exists(events.path()));
  events.flush();
  CHECK(hex(read_file(events.path())) ==
        kVersion + kStartAt7 + kLossAt120 + kNanAt300);
}

TEST_CASE("S4 a restart in the middle says from which step on") {
  TempDir dir;
  StandingClock clock;
  EventFile events(dir.path(), clock);
  events.scalar("train/loss", 0.3, 120);
  events.flush();
  auto before = read_file(events.path()).size();
  events.restart(7);
  events.flush();
  CHECK(hex(read_file(events.path()).substr(before)) == kStartAt7);
}

TEST_CASE("S4 each event file's name sorts behind those before it") {
  TempDir dir;
  StandingClock clock;
  std::vector<thexp::fs::path> made;
  for (int i = 0; i < 3; ++i) {
    EventFile events(dir.path(), clock);
    events.scalar("x", 1, 1);
    made.push_back(events.path());
  }
  thexp::write_file_atomic(dir / "events.out.tfevents.1732184499.host.1.0", "");
  EventFile behind(dir.path(), clock);
  CHECK(find_event_files(dir.path()) == made);
  CHECK(behind.path().filename().string().find(
            "events.out.tfevents.1732184500.") == 0);
}

TEST_CASE("copies of an event file, and folders, are somebody's") {
  TempDir dir;
  std::string ours;
  {
    EventFile events(dir.path());
    events.scalar("x", 1, 1);
    ours = events.path().stem().string();
  }
  for (const char* end : {"-good.thexp", " (copy).thexp", ".old.thexp", ""}) {
    thexp::write_file_atomic(dir / (ours + end), "");
  }
  thexp::make_directories(dir / "events.out.tfevents.1732184499.h.1.0.thexp");
  CHECK(find_event_files(dir.path()) ==
        std::vector<thexp::fs::path>{dir / (ours + ".thexp")});
}

TEST_CASE("S4 without values there is no event file") {
  TempDir dir;
  {
    EventFile events(dir.path());
    events.restart(3);
    events.flush();
  }
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("S4 an event file begins where its first value is") {
  TempDir dir;
  StandingClock clock;
  EventFile events(dir.path(), clock);
  events.scalar("train/loss", 0.3, 7);
  events.flush();
  CHECK_CONTAINS(hex(read_file(events.path())), kVersion + kStartAt7);
}

TEST_CASE("S4 of two restarts before the first value the earlier counts") {
  TempDir dir;
  StandingClock clock;
  EventFile events(dir.path(), clock);
  events.restart(7);
  events.restart(20);
  events.scalar("train/loss", 0.3, 120);
  events.flush();
  CHECK(hex(read_file(events.path())) == kVersion + kStartAt7 + kLossAt120);
}

TEST_CASE("S4 an event file that was removed is begun anew") {
  TempDir dir;
  StandingClock clock;
  EventFile events(dir.path(), clock);
  events.scalar("x", 1, 6);
  events.flush();
  thexp::fs::remove(events.path());
  events.scalar("train/loss", 0.3, 120);
  events.flush();
  CHECK(find_event_files(dir.path()) ==
        std::vector<thexp::fs::path>{events.path()});
  std::string found = hex(read_file(events.path()));
  CHECK(found.find(kVersion) == 0);
  CHECK(found.substr(found.size() - kLossAt120.size()) == kLossAt120);
}

TEST_CASE("S4 event files of one folder have names of their own") {
  TempDir dir;
  EventFile a(dir.path()), b(dir.path());
  CHECK(a.path() != b.path());
}

TEST_CASE("S4 a tag becomes UTF-8, a value a float") {
  TempDir dir;
  EventFile events(dir.path());
  events.scalar("a\xff", 1e300, 1);
  events.scalar("b", -1e300, 1);
  events.flush();
  std::string found = read_file(events.path());
  CHECK_CONTAINS(hex(found), hex("a\xEF\xBF\xBD") + "150000807f");
  CHECK_CONTAINS(hex(found), hex("b") + "15000080ff");
}

TEST_CASE("S4 an event file does not make its run's folder anew") {
  TempDir dir;
  thexp::fs::create_directory(dir / "run");
  EventFile events(dir / "run");
  events.scalar("x", 1, 1);
  thexp::fs::remove(dir / "run");
  CHECK_THROWS_AS(events.flush(), thexp::FileError);
  CHECK_FALSE(thexp::fs::exists(dir / "run"));
  thexp::fs::create_directory(dir / "run");
  events.flush();
  CHECK(find_event_files(dir / "run").size() == 1);
}

TEST_CASE("S4 a run's metrics go to an event file, unless nobody wants one") {
  TempDir dir;
  for (bool wanted : {true, false}) {
    auto run = thexp::Run::create(thexp::RunOptions()
                                      .workspace(dir.path().string())
                                      .experiment("e")
                                      .tensorboard(wanted));
    run->metrics().record("train/loss", 0.3, 1, 0);
    run->finish();
    CHECK(find_event_files(run->path()).size() == (wanted ? 1 : 0));
  }
}

TEST_CASE("S4 what goes on with a run leaves the events before it") {
  TempDir dir;
  thexp::fs::path path;
  {
    auto run = thexp::Run::create(
        thexp::RunOptions().workspace(dir.path().string()).experiment("e"));
    path = run->path();
    for (int step : {1, 2}) run->metrics().record("x", step, step, 0);
    run->finish();
  }
  auto run = thexp::Run::open(path);
  run->metrics().record("x", 3, 3, 0);
  run->finish();
  auto lines = thexp_test::run_shell(
      "python3 " THEXP_SOURCE_DIR "/tests/support/event_files.py .", path);
  CHECK(lines.output ==
        "version brain.Event:2\nstart 1\n1 x 1.0\n2 x 2.0\n"
        "version brain.Event:2\nstart 3\n3 x 3.0\n");
}

TEST_CASE("S4 a value that is recorded twice is one event") {
  TempDir dir;
  auto run = thexp::Run::create(
      thexp::RunOptions().workspace(dir.path().string()).experiment("e"));
  for (double value : {1.0, 1.0, 2.0}) run->metrics().record("x", value, 5, 0);
  run->metrics().record("x", 2.0, 6, 0);
  run->finish();
  auto lines = thexp_test::run_shell("python3 " THEXP_SOURCE_DIR
                                     "/tests/support/event_files.py . --values",
                                     run->path());
  CHECK(lines.output == "5 x 1.0\n5 x 2.0\n6 x 2.0\n");
}

TEST_CASE("S4 a run is told completed though its metrics cannot be written") {
  TempDir dir;
  auto run = thexp::Run::create(
      thexp::RunOptions().workspace(dir.path().string()).experiment("e"));
  run->metrics().record("x", 1, 1, 0);
  run->metrics().flush();
  thexp::fs::remove(run->metrics().path());
  run->metrics().record("x", 2, 2, 0);
  CHECK_THROWS_AS(run->finish(), thexp::FileError);
  CHECK(thexp::read_run(run->path()).status == thexp::RunStatus::kCompleted);
}

}  // namespace
