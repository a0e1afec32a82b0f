#include "thexp/callbacks/progress_callback.h"

#include <algorithm>
#include <chrono>
#include <regex>
#include <thread>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/text.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/logger_callback.h"
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
                 R"(0m00s left \| \S+ < \S+ \| lr 0\.1 \| \S+ ex/s\n)")));
}

// Each frame as it comes, "" where the line is taken back.
class FrameSink : public thexp::Sink {
 public:
  explicit FrameSink(std::vector<std::string>& frames) : frames_(frames) {}
  std::string name() const override { return "frames"; }
  void line(std::string_view) override {}
  void frame(std::string_view text) override {
    frames_.emplace_back(text.substr(std::min(text.size(), kDate)));
  }
  void close() override {}
  std::chrono::milliseconds frame_interval() const override {
    return std::chrono::milliseconds(0);
  }

 private:
  static constexpr std::size_t kDate = sizeof("26-11-21 10:00:00 | ") - 1;
  std::vector<std::string>& frames_;
};

struct SlowEvaluation : ToyTrainer {
  using ToyTrainer::ToyTrainer;
  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    wait_for_frame_request(*this);
    return ToyTrainer::eval_batch(batch);
  }
  at::Tensor predict_batch(const thexp::Batch& batch) override {
    wait_for_frame_request(*this);
    return ToyTrainer::predict_batch(batch);
  }
};

TEST_CASE("T20 evaluations and predictions show where they stand") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  std::vector<std::string> frames;
  SlowEvaluation trainer(params);
  trainer.with_predict = true;
  trainer.add_callback<thexp::EvalCallback>(1, 0);
  trainer.add_callback<thexp::ProgressCallback>();
  trainer.logger().add_sink(std::make_unique<FrameSink>(frames));
  trainer.train();
  trainer.predict();
  trainer.logger().flush();
  std::string all = thexp::join(frames, "\n");
  INFO(all);
  for (const char* phase : {"eval", "predict"}) {
    std::string begin = "epoch 1/1 | " + std::string(phase);
    CHECK_CONTAINS(all, begin + "\n" + begin + " | 1/3 | ");
    CHECK_CONTAINS(all, begin + " | 2/3 | ");
    CHECK_FALSE(thexp_test::contains(all, begin + " | 3/3"));
  }
  CHECK(frames.back().empty());
}

// The line of the epoch says what came of it.
TEST_CASE("T20 of an epoch no frame stays beside its line") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.add_callback<thexp::ProgressCallback>();
  trainer.on_train_batch = [&](const thexp::Batch&) {
    wait_for_frame_request(trainer);
  };
  auto file = dir / "frames.log";
  trainer.logger().add_sink(thexp::make_file_sink(file));
  trainer.train();
  trainer.logger().flush();
  std::string log = thexp::read_file(file);
  CHECK_CONTAINS(log, " | epoch 2/2 | @loss=");
  CHECK_FALSE(thexp_test::contains(log, "/3 | "));
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
