// The code in docs/logger.md and docs/tracking.md.
#include <algorithm>
#include <fstream>
#include <iostream>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/tracking/captured_output.h"
#include "thexp/tracking/event_file.h"
#include "thexp/tracking/logger.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/progress_text.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/run_files.h"
#include "thexp/tracking/workspace.h"

namespace {

using thexp_test::TempDir;

TEST_CASE("T24 the logger's example") {
  TempDir dir;
  const std::string file = (dir / "console.log").string();
  const int steps = 250;
  {
    // [logger]
    thexp::Logger logger;
    logger.add_file(file);
    logger.info("loaded", 8000, "examples");

    thexp::LogChannel train = logger.with_prefix("train");
    for (int step = 1; step <= steps; ++step) {
      // ... one step ...
      if (train.wants_frame() || step == steps) {
        train.inline_line(
            thexp::ProgressText().position(step).total(steps).meters(
                "@loss=0.2134"));
      }
    }
    logger.warn("no eval data, eval skipped");
    // [/logger]
  }
  std::string text = thexp::read_file(file);
  CHECK_CONTAINS(text, " | loaded | 8000 | examples\n");
  CHECK_CONTAINS(text, " | train | 250/250 | @loss=0.2134\n");
  CHECK_CONTAINS(text, " | WARN | no eval data, eval skipped\n");
}

TEST_CASE("G17 the example of what the program prints") {
  TempDir dir;
  const std::string file = (dir / "console.log").string();
  {
    // [captured]
    thexp::CapturedOutput captured;
    thexp::Logger logger(thexp::LoggerOptions().takes_output(true));
    logger.add_file(file);
    std::cout << "by the program itself\n";
    logger.info("by the log");
    // [/captured]
  }
  std::string text = thexp::read_file(file);
  CHECK(text.find("by the program itself\n") == 0);
  CHECK_CONTAINS(text, " | by the log\n");
}

// [sink]
class ErrorCounter : public thexp::Sink {
 public:
  explicit ErrorCounter(int& count) : count_(count) {}

  std::string name() const override { return "error counter"; }
  void line(std::string_view text) override {
    if (text.find(" | ERROR | ") != std::string_view::npos) ++count_;
  }
  void frame(std::string_view) override {}
  void close() override {}

 private:
  int& count_;
};
// [/sink]

TEST_CASE("a sink of one's own") {
  int count = 0;
  {
    thexp::Logger logger(thexp::LoggerOptions().console(false));
    logger.add_sink(std::make_unique<ErrorCounter>(count));
    logger.error("one");
    logger.info("none");
  }
  CHECK(count == 1);
}

TEST_CASE("T29 the watched folder's example") {
  TempDir dir;
  auto run = thexp::Run::create(thexp::RunOptions()
                                    .workspace((dir / "runs").string())
                                    .experiment("watching"));
  // [watch]
  thexp::fs::path samples = run->watch("samples", {".png"});
  std::ofstream(samples / "step-100.png") << "pixels";
  run->finish();
  for (const thexp::RunFile& file : thexp::read_run_files(run->path())) {
    std::cout << file.path << " " << file.hash << "\n";
  }
  // [/watch]
  auto files = thexp::read_run_files(run->path());
  CHECK(std::any_of(files.begin(), files.end(), [](const auto& file) {
    return file.path == "samples/step-100.png" && file.bytes == 6;
  }));
}

TEST_CASE("T24 the run's example") {
  TempDir dir;
  const std::string workspace = dir.path().string();
  const std::vector<std::string> argv = {"./mnist", "--optim.lr=0.1"};
  // [run]
  auto run = thexp::Run::create(thexp::RunOptions()
                                    .workspace(workspace)
                                    .experiment("mnist_lr=0.1")
                                    .argv(argv));
  run->write_params("epoch: 2\noptim:\n  lr: 0.1\n");
  for (int step = 0; step < 100; ++step) {
    run->metrics().record("train/loss", 1.0 / (1 + step), step, step / 50);
  }
  run->set_info("epoch", 2);
  run->finish();
  // [/run]

  // [read]
  thexp::Workspace runs(workspace);
  thexp::RunRecord newest = runs.find("mnist_lr=0.1");
  thexp::Metrics metrics = thexp::read_metrics(newest.path / "metrics.jsonl");
  double loss = metrics.find("train/loss")->points.back().value;
  // [/read]
  CHECK(newest.status == thexp::RunStatus::kCompleted);
  CHECK(loss == 0.01);
}

TEST_CASE("S4 an event file of one's own") {
  TempDir dir;
  const std::string folder = dir.path().string();
  // [events]
  thexp::EventFile events(folder);
  for (int step = 0; step < 100; ++step) {
    events.scalar("train/loss", 1.0 / (1 + step), step);
  }
  events.flush();
  // [/events]
  CHECK(thexp::find_event_files(folder).size() == 1);
}

}  // namespace
