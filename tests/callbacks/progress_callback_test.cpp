#include "thexp/callbacks/progress_callback.h"

#include <chrono>
#include <regex>
#include <thread>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/tracking/sink.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Until the log's own thread has asked for another frame.
void wait_for_frame_request(ToyTrainer& trainer) {
  for (int i = 0; i < 20000 && !trainer.logger().wants_frame(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(trainer.logger().wants_frame());
}

TEST_CASE("T20 ProgressCallback shows position, meters, speed and times") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::ProgressCallback>();
  trainer.change_train_loss = [&](const at::Tensor& loss) {
    if (trainer.progress().step == 4) wait_for_frame_request(trainer);
    return loss * 0 + 0.5;
  };
  auto file = dir / "frames.log";
  trainer.logger().add_sink(thexp::make_file_sink(file));
  trainer.train_steps(5);
  trainer.logger().info("a line completes the frame");
  trainer.logger().flush();
  CHECK(std::regex_search(
      thexp::read_file(file),
      std::regex(R"( \| epoch 2/2 \| 2/3 \| @loss=0\.5000\(0\.5000\) \| )"
                 R"(\S+ ex/s \| \S+ < \S+\n)")));
}

// A step's meter that cannot be read: reading a meta tensor throws.
struct UnreadableTrainer : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  thexp::Meter train_batch(const thexp::Batch&,
                           const thexp::Progress&) override {
    thexp::Meter meter;
    meter["loss"] = torch::ones({}, torch::kMeta);
    if (at_batch) at_batch();
    return meter;
  }
  std::function<void()> at_batch;
};

TEST_CASE("ProgressCallback reads no meter when no frame is wanted") {
  TempDir dir;
  ToyParams params(dir), quiet(dir);
  quiet.log_level = "warn";  // nobody ever wants a frame
  UnreadableTrainer unread(quiet), read(params);
  unread.add_callback<thexp::ProgressCallback>();
  CHECK_THROWS(unread.train_steps(2));  // the save at the end reads it
  CHECK(unread.progress().step == 2);

  // The counter-check: with a frame wanted it is read.
  read.add_callback<thexp::ProgressCallback>();
  read.at_batch = [&] { wait_for_frame_request(read); };
  CHECK_THROWS(read.train_steps(2));
  CHECK(read.progress().step == 1);
}

}  // namespace
