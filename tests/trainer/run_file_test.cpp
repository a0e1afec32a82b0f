#include "catch.h"
#include "thexp/base/error.h"
#include "toy_trainer.h"

namespace {

using thexp::fs::path;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// Notes each step; the process "dies" (no finish) after `stop_at`.
path train_noting(const TempDir& dir, int64_t stop_at, const char* resume) {
  ToyParams params(dir);
  params.resume = resume;
  ToyTrainer trainer(params);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    const int64_t step = trainer.progress().step;
    trainer.run_file("steps.csv").append(std::to_string(step) + "\n");
    if (step == 4) trainer.run_file("late.csv").append("late\n");
    if (step == stop_at) throw thexp::Error("dies");
  };
  try {
    trainer.train();
  } catch (const thexp::Error&) {
    // As it does.
  }
  return trainer.run_folder();
}

TEST_CASE("a file of one's own is as long after a resume as it was") {
  TempDir dir;
  train_noting(dir, 4, "");  // the checkpoint is of step 4, before its line
  path run = train_noting(dir, -1, "latest");
  CHECK(thexp::read_file(run / "steps.csv") == "0\n1\n2\n3\n4\n5\n");
  CHECK(thexp::read_file(run / "late.csv") == "late\n");
}

TEST_CASE("a file of one's own has a name of its own") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.train_steps(1);
  auto open = [&](const char* name) {
    return message_of<thexp::UsageError>([&] { trainer.run_file(name); });
  };
  CHECK_CONTAINS(open("metrics.jsonl"), "the run has a file of that name");
  CHECK_CONTAINS(open("a/b.csv"), "a plain file name, such as episodes.csv");
  CHECK_CONTAINS(open(""), "a plain file name");
}

}  // namespace
