#include "thexp/callbacks/timing_checkpoint.h"

#include "callbacks_support.h"
#include "catch.h"

namespace {

using thexp::TimingCheckpoint;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

TEST_CASE("T20 TimingCheckpoint keeps a keypoint of every n-th epoch") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 7;
  params.checkpoint_keep = 1;
  ToyTrainer trainer(params);
  trainer.add_callback<TimingCheckpoint>(2);
  trainer.train();
  std::vector<int64_t> epochs;
  for (const auto& file : trainer.saver().find_keypoints()) {
    epochs.push_back(file.point->number);
  }
  CHECK(epochs == std::vector<int64_t>{2, 4, 6});
  CHECK(trainer.saver().find_checkpoints().size() == 1);
  thexp::State state = trainer.saver().load_keypoint(4).state;
  CHECK(state.at_path({"thexp", "progress", "epoch"}).as_integer() == 4);
}

TEST_CASE("TimingCheckpoint refuses less than every epoch") {
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([] { TimingCheckpoint at(0); }),
      "TimingCheckpoint(0)");
}

}  // namespace
