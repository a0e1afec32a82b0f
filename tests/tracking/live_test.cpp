#include "thexp/tracking/live.h"

#include "catch.h"
#include "fixed_clock.h"
#include "temp_dir.h"
#include "thexp/base/file.h"

namespace {

using thexp::LiveStep;
using thexp::read_live;
using thexp_test::TempDir;

TEST_CASE("live.json shows the moving line, the step and the speed") {
  TempDir dir;
  thexp_test::FixedClock clock;
  auto step = std::make_shared<LiveStep>();
  auto sink = thexp::make_live_sink(dir.path(), step, clock);
  CHECK(!read_live(dir.path()));
  step->set(10);
  sink->frame("epoch 1/3 | 10/100");
  auto live = read_live(dir.path());
  REQUIRE(live);
  CHECK(live->line == "epoch 1/3 | 10/100");
  CHECK(live->step == 10);
  CHECK(live->speed == 0);
  CHECK(live->memory > 0);

  clock.advance(std::chrono::milliseconds(500));
  step->set(20);
  sink->frame("too soon");
  CHECK(read_live(dir.path())->step == 10);
  clock.advance(std::chrono::milliseconds(1500));
  step->set(30);
  sink->frame("later");
  CHECK(read_live(dir.path())->line == "later");
  CHECK(read_live(dir.path())->speed == Approx(10));
  sink->close();
  CHECK(!thexp::fs::exists(dir / thexp::kLiveFile));
}

TEST_CASE("a live.json that is cut short shows nothing") {
  TempDir dir;
  thexp::write_file_atomic(dir / thexp::kLiveFile, "{\"line\": ");
  CHECK(!read_live(dir.path()));
}

}  // namespace
