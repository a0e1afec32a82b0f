#include "thexp/callbacks/logger_callback.h"

#include <regex>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/callbacks/eval_callback.h"

namespace {

namespace fs = thexp::fs;
using thexp_test::log_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

std::string masked(thexp::Trainer& trainer) {
  std::string text = log_of(trainer);
  std::string run = trainer.run_folder().string();
  std::string workspace = *trainer.params().workspace;
  auto replace = [&text](const std::string& what, const std::string& by) {
    std::size_t at = 0;
    while ((at = text.find(what, at)) != std::string::npos) {
      text.replace(at, what.size(), by);
    }
  };
  replace(run, "RUN");
  replace(workspace, "WORKSPACE");
  text = std::regex_replace(
      text, std::regex(R"(\d\d-\d\d-\d\d \d\d:\d\d:\d\d)"), "DATE");
  text =
      std::regex_replace(text, std::regex(R"(\b\d+m?\d*s(?= \||\n))"), "TIME");
  // Only a machine without OpenBLAS has this one.
  return std::regex_replace(
      text, std::regex("DATE \\| WARN \\| LibTorch[^\n]*\n"), "");
}

// Losses that print alike everywhere.
void fix_losses(ToyTrainer& trainer) {
  trainer.change_train_loss = [](const at::Tensor& loss) {
    return loss * 0 + 0.5;
  };
  trainer.change_eval_loss = [](const at::Tensor& loss) {
    return loss * 0 + 0.25;
  };
}

TEST_CASE("T19 LoggerCallback tells the story of a run") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 3;
  ToyTrainer trainer(params);
  trainer.with_test = true;
  fix_losses(trainer);
  trainer.add_callback<thexp::EvalCallback>(1, 2);
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.train();
  trainer.eval();
  CHECK(masked(trainer) ==
        R"(DATE | run | RUN
DATE | params | --epoch=3 --device=cpu --threads=1 --workspace=WORKSPACE --exp_name=toy --log.console=false
DATE | train data | 12 examples, 3 batches
DATE | eval data | 12 examples, 3 batches
DATE | test data | 12 examples, 3 batches
DATE | epoch 1/3 | @loss=0.5000 | eval @loss=0.2500 | TIME
DATE | epoch 2/3 | @loss=0.5000 | eval @loss=0.2500 | test @loss=0.2500 | TIME
DATE | epoch 3/3 | @loss=0.5000 | eval @loss=0.2500 | TIME
DATE | test @loss=0.2500 | TIME
DATE | train end | 3 epochs, 9 steps in TIME
DATE | eval @loss=0.2500 | TIME
)");
}

TEST_CASE("T19 LoggerCallback tells why training stopped") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.on_train_batch = [&](const thexp::Batch&) {
    trainer.stop_train("enough");
  };
  trainer.train();
  CHECK_CONTAINS(masked(trainer),
                 "DATE | train stopped | 0 epochs, 1 step in TIME | enough\n");
}

TEST_CASE("T18 LoggerCallback names the place of an exception, in one line") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == 4) throw std::runtime_error("boom\nat 0x1");
  };
  CHECK_THROWS_AS(trainer.train(), std::runtime_error);
  std::string log = masked(trainer);
  CHECK_CONTAINS(log, "DATE | ERROR | epoch 2, step 4 | boom\n");
  CHECK_FALSE(thexp_test::contains(log, "0x1"));
}

TEST_CASE("an evaluation introduces the data that it reads, and no other") {
  TempDir dir;
  ToyParams params(dir), trained(dir);
  ToyTrainer first(trained);
  first.add_callback<thexp::LoggerCallback>();
  first.train_steps(1);
  first.finish();
  params.resume = "latest";
  params.phase = "predict";
  ToyTrainer trainer(params);
  trainer.with_predict = true;
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.predict();
  std::string log = masked(trainer);
  CHECK_CONTAINS(log, "DATE | predict data | 12 examples, 3 batches\n");
  CHECK_FALSE(thexp_test::contains(log, "train data"));
  CHECK_FALSE(thexp_test::contains(log, "eval data"));
}

// The steps of all processes go with the time of all of them.
TEST_CASE("train end tells the time of the whole run") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  fs::path run;
  {
    ToyTrainer first(params);
    first.add_callback<thexp::LoggerCallback>();
    first.train_steps(1);
    first.finish();
    run = first.run_folder();
  }
  thexp::Value json =
      thexp::Value::from_json(thexp::read_file(run / "run.json"));
  json["seconds"] = 3600.0;
  thexp::write_file_atomic(run / "run.json", json.to_json());
  again.resume = "latest";
  ToyTrainer second(again);
  second.add_callback<thexp::LoggerCallback>();
  second.train();
  CHECK_CONTAINS(log_of(second), " | train end | 2 epochs, 6 steps in 1h00m\n");
}

TEST_CASE("more epochs than were asked for are not some of them") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 1;
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::LoggerCallback>();
  fix_losses(trainer);
  trainer.train_steps(6);
  std::string log = masked(trainer);
  CHECK_CONTAINS(log, "DATE | epoch 1/1 | @loss");
  CHECK_CONTAINS(log, "DATE | epoch 2 | @loss");
}

TEST_CASE("training in pieces is introduced once") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::LoggerCallback>();
  trainer.train_steps(1);
  trainer.train_steps(1);
  std::string log = masked(trainer);
  std::size_t first = log.find("| params |");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("| params |", first + 1) == std::string::npos);
}

TEST_CASE("an epoch that is resumed in its middle takes no years") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer first(params), second(again);
  first.add_callback<thexp::LoggerCallback>();
  second.add_callback<thexp::LoggerCallback>();
  fix_losses(second);
  first.train_steps(2);
  second.load_state(first.state().clone());
  second.train();
  // Seconds; since the machine started, it would be minutes, hours or days.
  std::smatch time;
  std::string log = log_of(second);
  REQUIRE(std::regex_search(
      log, time, std::regex(R"(epoch 1/2 \| @loss=\S+ \| (\S+)\n)")));
  CHECK(std::regex_match(time[1].str(), std::regex(R"(\d+s)")));
}

}  // namespace
