#include "thexp/tracking/event_file.h"

#include <cmath>
#include <vector>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/metric_store.h"
#include "thexp/tracking/run.h"

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

TEST_CASE("S4 without values there is no event file") {
  TempDir dir;
  {
    EventFile events(dir.path());
    events.restart(3);
    events.flush();
  }
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("S4 an event file that was removed is not begun again") {
  TempDir dir;
  EventFile events(dir.path());
  events.scalar("x", 1, 1);
  events.flush();
  thexp::fs::remove(events.path());
  events.scalar("x", 2, 2);
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { events.flush(); }),
                 "cannot append to");
  CHECK_FALSE(thexp::fs::exists(events.path()));
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

}  // namespace
