#include <unistd.h>

#include <chrono>
#include <functional>
#include <thread>

#include "catch.h"
#include "thexp/base/process.h"
#include "thexp/tracking/run.h"
#include "tool.h"

namespace {

using thexp::AppendFile;
using thexp::Run;
using thexp::RunOptions;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

constexpr const char* kLog =
    "26-11-21 10:00:00 | train | begin\n"
    "26-11-21 10:00:30 | ~ | epoch 1/3 | 10/100\n"
    "26-11-21 10:01:00 | train | end\n";

std::unique_ptr<Run> new_run(const TempDir& dir) {
  return Run::create(
      RunOptions().workspace((dir / "runs").string()).experiment("mnist"));
}

TEST_CASE("G9 log prints a run's console.log, without frames if asked") {
  TempDir dir;
  auto run = new_run(dir);
  AppendFile(run->console_log()).append(kLog);
  CHECK(thexp_tool(dir, "log mnist").output == kLog);
  CHECK(thexp_tool(dir, "log mnist --no-frames").output ==
        "26-11-21 10:00:00 | train | begin\n"
        "26-11-21 10:01:00 | train | end\n");
  CHECK(thexp_tool(dir, "log mnist -n 1").output ==
        "26-11-21 10:01:00 | train | end\n");
  CHECK(thexp_tool(dir, "log mnist -n 0").output == "");
  CHECK(thexp_tool(dir, "log mnist -n 9").output == kLog);
  CHECK(thexp_tool(dir, "log mnist -n -1").exit_code == 2);
}

bool becomes(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST_CASE("log -f follows a run over its resume, and ends with it") {
  TempDir dir;
  auto run = new_run(dir);
  thexp::fs::path path = run->path();
  AppendFile log(run->console_log());
  log.append("one\n");
  const auto cut = thexp::fs::file_size(run->console_log());
  thexp::Process tool(
      thexp::ProcessOptions({THEXP_TOOL, "log", "-f", path.string()})
          .output_file(dir / "out"));
  auto has = [&](const std::string& text) {
    return becomes([&] {
      return thexp::fs::exists(dir / "out") &&
             thexp_test::contains(thexp::read_file(dir / "out"), text);
    });
  };
  CHECK(has("one\n"));
  log.append("two\nhalf a li");
  CHECK(has("two\n"));
  log.append("ne\n");
  run->finish(thexp::RunStatus::kInterrupted);
  CHECK(has("(the run was interrupted; waiting for it to go on)\n"));

  thexp::cut_file(path / "console.log", cut);
  run = Run::open(path);
  CHECK(has("(the run goes on from a checkpoint)\n"));
  AppendFile(path / "console.log").append("two again\n");
  CHECK(has("two again\n"));
  run->finish();
  thexp::ProcessEnd end = tool.wait();
  CHECK(end.exit_code == 0);
  CHECK(thexp::read_file(dir / "out") ==
        "one\ntwo\nhalf a line\n"
        "(the run was interrupted; waiting for it to go on)\n"
        "(the run goes on from a checkpoint)\n"
        "two again\n(the run is completed)\n");
}

}  // namespace
