// A run that stopped and went on: its log, metrics and event files read as if
// it had never stopped.
#include <chrono>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "process.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/thexp.h"
#include "thexp/tracking/event_file.h"
#include "thexp/tracking/marked_line.h"
#include "toy_trainer.h"

namespace {

namespace fs = thexp::fs;
using thexp::default_callbacks;
using thexp_test::contains;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

struct FourEpochs : ToyParams {
  explicit FourEpochs(const TempDir& dir) : ToyParams(dir) {
    epoch = 4;
    log_every = 1;
  }
};

// Three batches an epoch; training ends within one, or at its end.
template <int64_t count>
struct ManySteps : ToyParams {
  explicit ManySteps(const TempDir& dir) : ToyParams(dir) {
    set("steps", count, "--steps (command line)");
    eval_every_steps = 2;
    log_every = 1;
  }
};

// A training that something outside interrupts in this step.
template <typename Params = FourEpochs>
fs::path interrupt_in(int64_t step, const TempDir& dir) {
  Params params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == step) trainer.interrupt("time limit");
  };
  trainer.train();
  trainer.finish();
  return trainer.run_folder();
}

template <typename Params = FourEpochs>
void go_on(const TempDir& dir) {
  Params params(dir);
  params.resume = "latest";
  ToyTrainer trainer(params, default_callbacks);
  trainer.train();
  trainer.finish();
}

template <typename Params = FourEpochs>
fs::path run_in_peace(const TempDir& dir) {
  Params params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.train();
  trainer.finish();
  return trainer.run_folder();
}

// Without dates, durations and folders.
std::string log_of(const fs::path& run) {
  std::string text;
  std::string log =
      thexp::without_marked_lines(thexp::read_file(run / "console.log"));
  for (std::string line : thexp::split(log, '\n')) {
    bool names_folder =
        contains(line, " | run | ") || contains(line, " | params | ");
    if (names_folder) continue;
    std::size_t date = line.find(" | ");
    if (date != std::string::npos) line.erase(0, date);
    static const std::regex duration(R"(( \|| in) \d+s$)");
    text += std::regex_replace(line, duration, "") + "\n";
  }
  return text;
}

// Each record, or only the values, as Python reads them.
std::string events_of(const fs::path& run, const std::string& which = "") {
  auto finished = thexp_test::run_shell(
      "python3 " THEXP_SOURCE_DIR "/tests/support/event_files.py . " + which,
      run);
  INFO(finished.output);
  REQUIRE(finished.exit_code == 0);
  return finished.output;
}

template <typename Params>
void check_one_timeline(const std::vector<int64_t>& steps) {
  TempDir whole;
  fs::path peace = run_in_peace<Params>(whole);
  for (int64_t step : steps) {
    INFO("interrupted in step " << step);
    TempDir dir;
    fs::path run = interrupt_in<Params>(step, dir);
    CHECK_CONTAINS(log_of(run), "train stopped");
    go_on<Params>(dir);
    CHECK(log_of(run) == log_of(peace));
    CHECK(thexp::read_file(run / "metrics.jsonl") ==
          thexp::read_file(peace / "metrics.jsonl"));
    CHECK(events_of(run, "--values") == events_of(peace, "--values"));
  }
}

TEST_CASE("G3 an interrupted run that goes on has one timeline") {
  check_one_timeline<FourEpochs>({0, 2, 4, 5, 10, 11});
}

TEST_CASE("G3 so has one that trains by steps, with evaluations between them") {
  check_one_timeline<ManySteps<7>>({0, 1, 2, 3, 5, 6});
  check_one_timeline<ManySteps<6>>({1, 2, 5});
}

TEST_CASE("G17 a log tells of a resume in a marked line") {
  TempDir dir;
  fs::path run = interrupt_in(4, dir);
  go_on(dir);
  CHECK(std::regex_search(thexp::read_file(run / "console.log"),
                          std::regex(R"(\n\S+ \S+ \| ~ \| resume \| )"
                                     R"(1 epoch, step 5\n)")));
}

TEST_CASE(
    "G17 a log that is followed shows frames, and reads as without them") {
  TempDir dir, peace;
  auto train = [](const TempDir& where, double frame_every, int64_t stop_at,
                  const char* resume) {
    FourEpochs params(where);
    params.log_frame_every = frame_every;
    params.resume = resume;
    ToyTrainer trainer(params, default_callbacks);
    trainer.on_train_batch = [&](const thexp::Batch&) {
      // A frame comes when the log's thread has asked for it.
      for (int i = 0; i < 40 && frame_every > 0; ++i) {
        if (trainer.logger().wants_frame()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (trainer.progress().step == stop_at) trainer.interrupt("time limit");
    };
    trainer.train();
    trainer.finish();
    return trainer.run_folder();
  };
  fs::path without = train(peace, 0, -1, "");
  fs::path run = train(dir, 0.001, 7, "");
  train(dir, 0.001, -1, "latest");
  CHECK_CONTAINS(thexp::read_file(run / "console.log"), " | ~ | epoch ");
  CHECK(log_of(run) == log_of(without));
  CHECK_FALSE(contains(thexp::read_file(without / "console.log"), " | ~ | "));
}

// What a callback says and records at the end of a training.
struct LastWords : thexp::Callback {
  void on_train_end(thexp::Trainer& trainer) override {
    trainer.logger().info("the end");
    trainer.active_run().metrics().record("final", 1, trainer.progress().step,
                                          1);
    trainer.request_checkpoint();
  }
};

// Twice: the second process goes on with what the first left.
template <typename Stop>
fs::path train_twice(const TempDir& dir, Stop&& stop) {
  fs::path run;
  for (const char* resume : {"", "latest"}) {
    FourEpochs params(dir);
    params.resume = resume;
    ToyTrainer trainer(params, default_callbacks);
    trainer.add_callback<LastWords>();
    trainer.on_train_batch = [&](const thexp::Batch&) {
      if (trainer.progress().step == 4) stop(trainer);
    };
    trainer.train();
    trainer.finish();
    run = trainer.run_folder();
  }
  return run;
}

void check_one_end(const fs::path& run, const std::string& event) {
  std::string log = log_of(run), events = events_of(run);
  CHECK_CONTAINS(log, "the end");
  CHECK(log.find("the end") == log.rfind("the end"));
  CHECK_CONTAINS(events, event);
  CHECK(events.find(" final ") == events.rfind(" final "));
}

TEST_CASE("G3 an interrupted end is not said again at the real one") {
  TempDir dir;
  check_one_end(
      train_twice(dir,
                  [](ToyTrainer& trainer) { trainer.interrupt("time limit"); }),
      "12 final 1.0\n");
}

TEST_CASE("G3 the end of a stopped training is not said again by a resume") {
  TempDir dir;
  check_one_end(
      train_twice(dir,
                  [](ToyTrainer& trainer) { trainer.stop_train("enough"); }),
      "5 final 1.0\n");
}

// As if it had been killed after its last checkpoint.
void pretend_interrupted(const fs::path& run) {
  std::string json = thexp::read_file(run / "run.json");
  const std::string completed = "\"completed\"";
  json.replace(json.find(completed), completed.size(), "\"interrupted\"");
  thexp::write_file_atomic(run / "run.json", json);
}

TEST_CASE("G3 a training that has ended writes the same models again") {
  TempDir dir;
  std::vector<std::string> found;
  for (const char* resume : {"", "latest"}) {
    FourEpochs params(dir);
    params.resume = resume;
    ToyTrainer trainer(params, default_callbacks);
    trainer.add_callback<LastWords>();
    trainer.add_callback<thexp::Ema>(thexp::EmaOptions().decay(0.5));
    trainer.on_train_batch = [&](const thexp::Batch&) {
      if (trainer.progress().step == 4) trainer.stop_train("enough");
    };
    trainer.train();
    trainer.finish();
    fs::path models = trainer.run_folder() / "models";
    found.push_back(thexp::read_file(models / "net.pt") +
                    thexp::read_file(models / "net.ema.pt"));
    fs::remove_all(models);
    pretend_interrupted(trainer.run_folder());
  }
  CHECK((found[0] == found[1]));
}

TEST_CASE("G3 training in pieces that is resumed has one timeline") {
  auto in_pieces = [](const TempDir& dir, int64_t steps_at_most,
                      const std::string& resume) {
    FourEpochs params(dir);
    params.resume = resume;
    ToyTrainer trainer(params, default_callbacks);
    trainer.setup();
    while (trainer.progress().step < steps_at_most) trainer.train_steps(2);
    trainer.active_run().flush();
    trainer.logger().flush();
    return trainer.run_folder();
  };
  TempDir peace, resumed;
  fs::path whole = in_pieces(peace, 12, "");
  in_pieces(resumed, 6, "");
  fs::path run = in_pieces(resumed, 12, "latest");
  CHECK(log_of(run) == log_of(whole));
  CHECK(events_of(run, "--values") == events_of(whole, "--values"));
}

// Copies what a kill would leave right after the end was told.
struct KilledAtTheEnd : thexp::Callback {
  explicit KilledAtTheEnd(fs::path copy) : copy(std::move(copy)) {}
  int priority() const override { return kReport + 1; }
  void on_train_saved(thexp::Trainer& trainer) override {
    trainer.active_run().flush();
    trainer.logger().flush();
    fs::copy(trainer.run_folder(), copy, fs::copy_options::recursive);
  }
  fs::path copy;
};

TEST_CASE("G3 a training that ends again tells so once") {
  TempDir dir;
  FourEpochs params(dir), again(dir);
  ToyTrainer trainer(params, default_callbacks);
  fs::path copy = dir / "toy" / "20261121-100000-abcd";
  trainer.add_callback<KilledAtTheEnd>(copy);
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == 7) trainer.stop_train("enough");
  };
  trainer.train();
  trainer.finish();
  CHECK_CONTAINS(log_of(copy), "train stopped");
  thexp::remove_file(copy / "run.json");
  fs::copy(trainer.run_folder() / "run.json", copy / "run.json");
  again.resume = copy.string();
  ToyTrainer resumed(again, default_callbacks);
  resumed.add_callback<KilledAtTheEnd>(dir / "another");
  resumed.train();
  resumed.finish();
  CHECK(log_of(copy) == log_of(trainer.run_folder()));
}

TEST_CASE("metrics after the checkpoint happen again, not twice") {
  TempDir dir;
  fs::path run = interrupt_in(3, dir);
  thexp::AppendFile(run / "metrics.jsonl")
      .append("{\"step\":5,\"epoch\":2,\"tag\":\"x\",\"value\":1}\n");
  thexp::AppendFile(run / "console.log").append("written after the save\n");
  go_on(dir);
  CHECK_FALSE(
      contains(thexp::read_file(run / "metrics.jsonl"), "\"tag\":\"x\""));
  CHECK_FALSE(contains(thexp::read_file(run / "console.log"), "written after"));
}

TEST_CASE("S4 events after the checkpoint happen again, not twice") {
  TempDir dir;
  fs::path run = interrupt_in(3, dir);
  fs::path first = thexp::find_event_files(run).at(0);
  fs::path foreign = run / "events.out.tfevents.1.elsewhere.1.0";
  std::string before = thexp::read_file(first);
  thexp::AppendFile(first).append("after the checkpoint");
  thexp::AppendFile(foreign).append("");
  {
    thexp::EventFile later(run);
    later.scalar("x", 1, 5);
  }
  go_on(dir);
  CHECK(thexp::find_event_files(run).size() == 2);
  CHECK(thexp::read_file(first) == before);
  CHECK(fs::exists(foreign));
  std::string events = events_of(run);
  CHECK_CONTAINS(events, "version brain.Event:2\nstart 5\n5 train/loss ");
  CHECK_FALSE(contains(events, " x "));
}

TEST_CASE("a checkpoint cuts no file outside of its run") {
  TempDir dir;
  fs::path run = interrupt_in(3, dir);
  for (std::string name : {std::string("../victim"), (dir / "victim").string(),
                           std::string("checkpoints/last.pt")}) {
    thexp::write_file_atomic(dir / "victim", "whole");
    thexp::write_file_atomic(run.parent_path() / "victim", "whole");
    thexp::Saver saver(run);
    thexp::State state = saver.load_latest()->state.clone();
    state["thexp"]["files"] = thexp::State::Dict{{name, 0}};
    saver.save_checkpoint(9, state, {});
    CHECK_CONTAINS(
        thexp_test::message_of<thexp::FormatError>([&] { go_on(dir); }), name);
    CHECK(thexp::read_file(dir / "victim") == "whole");
    CHECK(thexp::read_file(run.parent_path() / "victim") == "whole");
  }
}

TEST_CASE("S4 going back within a run supersedes its later events") {
  TempDir dir;
  FourEpochs params(dir);
  ToyTrainer trainer(params, default_callbacks);
  trainer.train_steps(4);
  thexp::State fourth = trainer.state().clone();
  trainer.train_steps(2);
  trainer.load_state(fourth);
  trainer.train_steps(2);
  trainer.finish();
  CHECK_CONTAINS(events_of(trainer.run_folder()), "\nstart 5\n5 train/loss ");
}

TEST_CASE("S4 a training writes no event file where none is wanted") {
  TempDir dir;
  FourEpochs params(dir);
  params.log_tensorboard = false;
  ToyTrainer trainer(params, default_callbacks);
  trainer.train();
  CHECK(thexp::find_event_files(trainer.run_folder()).empty());
}

}  // namespace
