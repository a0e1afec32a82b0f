#include "catch.h"
#include "example.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace {

using thexp_test::last_number;
using thexp_test::only_run;
using thexp_test::program;
using thexp_test::run_example;
using thexp_test::run_shell;
using thexp_test::TempDir;

TEST_CASE("T16 quickstart learns the circle") {
  TempDir dir;
  auto done = run_example(dir, "quickstart");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "train data | 1600 examples, 32 batches");
  CHECK_CONTAINS(done.output, "train end | 10 epochs, 320 steps");
  std::size_t eval = done.output.rfind("eval @loss=");
  REQUIRE(eval != std::string::npos);
  CHECK(last_number(done.output, "@acc=") > 95);
}

TEST_CASE("quickstart fits on a page") {
  std::string text = thexp::read_file(std::string(THEXP_SOURCE_DIR) +
                                      "/examples/quickstart.cpp");
  CHECK(std::count(text.begin(), text.end(), '\n') <= 80);
}

TEST_CASE("T14 T15 T24 experiment_alone records runs, and finds the best") {
  TempDir dir;
  for (const char* rate : {"0.01", "0.5", "0.1"}) {
    auto done = run_shell(
        program("experiment_alone") + " --no-code --lr=" + rate, dir.path());
    INFO(done.output);
    CHECK(done.exit_code == 0);
  }
  auto listed = run_shell(program("experiment_alone") + " --best", dir.path());
  INFO(listed.output);
  CHECK(listed.output.find("line/2  lr=0.5") == 0);
  CHECK_CONTAINS(listed.output, "line.txt, created by that run");
}

TEST_CASE("gan trains two networks with two optimizers") {
  TempDir dir;
  auto done = run_example(dir, "gan", "--epoch=2 --data.count=256");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "@d_loss=");
  CHECK_CONTAINS(done.output, "@g_loss=");
  std::string picture = thexp::read_file(only_run(dir) / "sample-2.pgm");
  CHECK(picture.size() == 15 + 112 * 112);
  for (const char* model : {"models/generator.pt", "models/discriminator.pt"}) {
    CHECK(thexp::fs::exists(only_run(dir) / model));
  }
}

TEST_CASE("char_gpt learns its text") {
  TempDir dir;
  auto done =
      run_example(dir, "char_gpt",
                  "--epoch=1 --limit_train_batches=120 --limit_eval_batches=4");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  // Guessing evenly among 26 characters costs ln 26 = 3.26.
  CHECK(last_number(done.output, "eval @loss=") < 2);
}

TEST_CASE("char_gpt reads a text file, and says when there is none") {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the cat sat on the mat. ";
  thexp::write_file_atomic(dir / "cat.txt", text);
  std::string few =
      " --limit_train_batches=20 --limit_eval_batches=1 --epoch=1";
  auto done = run_example(dir, "char_gpt", "--data.file=cat.txt" + few);
  INFO(done.output);
  CHECK(done.exit_code == 0);
  done = run_example(dir, "char_gpt", "--data.file=dog.txt");
  CHECK(done.exit_code == 1);
  CHECK_CONTAINS(done.output, "dog.txt");
  CHECK_CONTAINS(done.output, "No such file or directory");
}

TEST_CASE("char_gpt's own rule on its parameters is checked") {
  TempDir dir;
  auto done = run_example(dir, "char_gpt", "--model.heads=5");
  CHECK(done.exit_code == 2);
  CHECK_CONTAINS(done.output, "model.width must be a multiple of model.heads");
}

TEST_CASE("char_rnn trains by steps, and is evaluated between them") {
  TempDir dir;
  auto done = run_example(dir, "char_rnn",
                          "--steps=90 --eval.every_steps=30 --eval.every=0");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, " | step 30/90 | @loss=");
  CHECK_CONTAINS(done.output, " | train end | 90 steps in ");
  CHECK(last_number(done.output, "eval @loss=") < 1.5);
  auto last = only_run(dir) / "checkpoints" / "last.pt";
  CHECK_CONTAINS(thexp::fs::read_symlink(last).string(), "-step-90.pt");
}

TEST_CASE("char_rnn stops when its time is over, and goes on") {
  TempDir dir;
  std::string always = "--steps=60 --auto_resume";
  auto done = run_example(dir, "char_rnn", always + " --max_time=0.3s");
  INFO(done.output);
  CHECK(done.exit_code == 75);
  CHECK_CONTAINS(done.output, " | train stopped | ");
  done = run_example(dir, "char_rnn", always);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, " | train end | 60 steps in ");
}

TEST_CASE("ppo learns to balance without a data set") {
  TempDir dir;
  auto done = run_example(dir, "ppo", "--steps=25");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, " | train data | no data set, 10 steps an epoch");
  CHECK(last_number(done.output, "@length=") > 60);  // 20 by chance
  std::string episodes = thexp::read_file(only_run(dir) / "episodes.csv");
  CHECK(episodes.substr(0, 2) == "1,");
}

TEST_CASE("custom_callback records its metric and stops when good") {
  TempDir dir;
  auto done = run_example(dir, "custom_callback", "--epoch=50");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "weight norm | ");
  CHECK_CONTAINS(done.output, "train stopped");
  CHECK_CONTAINS(done.output, "eval/loss is good enough");
  CHECK_CONTAINS(thexp::read_file(only_run(dir) / "metrics.jsonl"),
                 "\"tag\":\"weight_norm\"");
}

TEST_CASE("T24 modules_alone needs no Trainer") {
  TempDir dir;
  auto done = thexp_test::run_shell(
      thexp_test::program("modules_alone") + " --folder=alone", dir.path());
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "kept | 2 | checkpoints");
  CHECK(last_number(done.output, "epoch | 5 | @loss=") < 0.5);
  CHECK(thexp::fs::exists(dir / "alone/loop.log"));
}

TEST_CASE("pytorch/examples: regression, with an optimizer and by hand") {
  for (const char* mode : {"", "--manual"}) {
    TempDir dir;
    auto done = run_example(dir, "regression", mode);
    INFO(done.output);
    CHECK(done.exit_code == 0);
    CHECK(last_number(done.output, "eval @loss=") < 0.01);
  }
}

TEST_CASE("pytorch/examples: transfer keeps a frozen backbone as it is") {
  TempDir dir;
  auto first = run_example(dir, "transfer", "--epoch=3 --exp_name=backbone");
  INFO(first.output);
  CHECK(first.exit_code == 0);
  thexp::fs::path backbone = only_run(dir) / "models/backbone.pt";
  auto second = run_example(
      dir, "transfer",
      "--epoch=3 --workspace=second/runs --backbone=" + backbone.string());
  INFO(second.output);
  CHECK(second.exit_code == 0);
  CHECK(last_number(second.output, "@acc=") > 70);
  thexp::fs::path after;
  for (const auto& entry :
       thexp::fs::recursive_directory_iterator(dir / "second")) {
    if (entry.path().filename() == "backbone.pt") after = entry.path();
  }
  CHECK(thexp::read_file(after) == thexp::read_file(backbone));
}

}  // namespace
