#include <ATen/Parallel.h>

#include <map>

#include "catch.h"
#include "hardware.h"
#include "test_device.h"
#include "thexp/base/clock.h"
#include "thexp/base/file.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/workspace.h"
#include "toy_trainer.h"

namespace {

using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// A run of four epochs that ended after some steps.
thexp::fs::path begin_run(const TempDir& dir, int64_t steps) {
  ToyParams params(dir);
  params.epoch = 4;
  ToyTrainer trainer(params);
  trainer.train_steps(steps);
  return trainer.run_folder();
}

at::Tensor weight_of_whole_run(const TempDir& dir) {
  ToyParams params(dir);
  params.epoch = 4;
  params.exp_name = "whole";
  ToyTrainer trainer(params);
  trainer.train();
  return trainer.net->weight.detach().clone();
}

TEST_CASE("G3 B2 a resumed run ends as one that never stopped") {
  for (int64_t steps : {1, 3, 4, 7, 11}) {
    INFO("after step " << steps);
    TempDir dir;
    thexp::fs::path run = begin_run(dir, steps);
    ToyParams params(dir);
    params.epoch = 4;
    params.resume = "latest";
    ToyTrainer trainer(params);
    trainer.train();
    CHECK(trainer.resumed());
    CHECK(trainer.run_folder() == run);
    CHECK(trainer.progress().step == 12);
    CHECK(torch::equal(trainer.net->weight, weight_of_whole_run(dir)));
  }
}

// Ends the first epoch after its second batch, and looks at what a kill would
// find then.
struct StopsEpochOnce : thexp::Callback {
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    if (trainer.progress().step != 2) return;
    trainer.stop_epoch();
    found = trainer.state().clone();
  }
  thexp::State found;
};

TEST_CASE("G3 an epoch that was told to stop does not go on after a kill") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer whole(params), resumed(again);
  auto& stopper = whole.add_callback<StopsEpochOnce>();
  whole.train();
  resumed.add_callback<StopsEpochOnce>();
  resumed.load_state(stopper.found);
  resumed.train();
  CHECK(whole.progress().step == 5);
  CHECK(resumed.progress().step == 5);
  CHECK(torch::equal(whole.net->weight, resumed.net->weight));
}

// Does one thing at each epoch's end.
struct AtEpochEnd : thexp::Callback {
  explicit AtEpochEnd(void (*action)(thexp::Trainer&)) : action(action) {}
  void on_epoch_end(thexp::Trainer& trainer) override { action(trainer); }
  void (*action)(thexp::Trainer&);
};

// A training that does so, and another one that goes on with its state.
struct StoppedAndResumed {
  explicit StoppedAndResumed(void (*at_epoch_end)(thexp::Trainer&)) {
    first.add_callback<AtEpochEnd>(at_epoch_end);
    resumed.add_callback<AtEpochEnd>(at_epoch_end);
    reason = first.train().reason;
    resumed.load_state(first.state().clone());
    result = resumed.train();
  }

  TempDir dir;
  ToyParams params{dir}, again{dir};
  ToyTrainer first{params}, resumed{again};
  std::string reason;
  thexp::TrainResult result;
};

TEST_CASE("G3 an interrupt does not undo a stop that was decided before") {
  StoppedAndResumed run([](thexp::Trainer& trainer) {
    trainer.stop_train("enough");
    trainer.interrupt("SIGINT");
  });
  CHECK(run.resumed.progress().epoch == 1);
}

TEST_CASE("G3 an interrupt does not undo a stop that is decided after it") {
  StoppedAndResumed run([](thexp::Trainer& trainer) {
    trainer.interrupt("SIGINT");
    trainer.stop_train("enough");
  });
  CHECK(run.reason == "enough");
  CHECK(run.first.interrupted());
  CHECK(run.resumed.progress().epoch == 1);
}

TEST_CASE("a run that goes on after an interrupt ends without a reason") {
  StoppedAndResumed run([](thexp::Trainer& trainer) {
    if (trainer.progress().epoch == 1) trainer.interrupt("SIGINT");
  });
  CHECK(run.reason == "SIGINT");
  CHECK(run.result.completed);
  CHECK(run.result.reason == "");
}

TEST_CASE("a run is named by its id, the beginning of it, or its folder") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  for (const std::string& name :
       {run.filename().string(), run.filename().string().substr(0, 17),
        run.string()}) {
    ToyParams params(dir);
    params.epoch = 4;
    params.resume = name;
    ToyTrainer trainer(params);
    trainer.setup();
    CHECK(trainer.progress().step == 4);
  }
}

TEST_CASE("S2 without a run, resume is an error and auto_resume a beginning") {
  TempDir dir;
  ToyParams asked(dir), automatic(dir);
  asked.resume = "latest";
  ToyTrainer refused(asked);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { refused.setup(); }),
                 "there is no run of 'toy'");
  automatic.auto_resume = true;
  ToyTrainer begun(automatic);
  begun.train();
  CHECK_FALSE(begun.resumed());
}

TEST_CASE("auto_resume goes on with what is unfinished") {
  TempDir dir;
  begin_run(dir, 5);
  ToyParams params(dir);
  params.epoch = 4;
  params.auto_resume = true;
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.resumed());
  CHECK(trainer.progress().step == 5);
}

TEST_CASE("changed parameters are shown and refused, unless allowed") {
  TempDir dir;
  begin_run(dir, 4);
  auto resume = [&](const char* allow) {
    ToyParams params(dir);
    params.epoch = 4;
    params.lr = 0.2;
    params.resume = "latest";
    params.allow = allow;
    ToyTrainer trainer(params);
    trainer.setup();
    return trainer.progress().step;
  };
  std::string message = message_of<thexp::UsageError>([&] { resume(""); });
  CHECK_CONTAINS(message, "optim.lr: 0.1 -> 0.2");
  CHECK_CONTAINS(message, "--allow=params");
  CHECK(resume("params") == 4);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { resume("all"); }),
                 "'all' is not one of params, data, device");
}

struct Unfreezing : thexp::Callback {
  void on_epoch_begin(thexp::Trainer& trainer) override {
    auto& net = *trainer.named_models()[0].second;
    if (trainer.progress().epoch == 0) net.eval();
    bool trained = trainer.progress().epoch == 1;
    if (trained) net.parameters()[1].set_requires_grad(true);
  }
};

TEST_CASE("G3 what was frozen or thawed in training is so after a resume") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  for (ToyParams* each : {&params, &again}) each->epoch = 3;
  again.resume = "latest";
  auto freeze = [](ToyTrainer& toy) { toy.net->bias.set_requires_grad(false); };
  {
    ToyTrainer trainer(params);
    trainer.on_models = freeze;
    trainer.add_callback<Unfreezing>();
    trainer.train_steps(5);
  }
  ToyTrainer resumed(again);
  resumed.on_models = freeze;
  resumed.add_callback<Unfreezing>();
  resumed.setup();
  CHECK(resumed.net->bias.requires_grad());
  CHECK_FALSE(resumed.net->is_training());
}

TEST_CASE("a resume without a name is not taken for a new run") {
  TempDir dir;
  ToyParams params(dir);
  params.parse_args({"--resume="});
  ToyTrainer trainer(params);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "--resume=: that names no run");
}

// As if its container had been killed a moment ago.
TEST_CASE("a run of another machine is waited for, until that is silent") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  thexp::Value json =
      thexp::Value::from_json(thexp::read_file(run / "run.json"));
  json["host"] = "elsewhere";
  json["status"] = "running";
  json["end"] = nullptr;
  json["heartbeat_interval"] = 0.1;
  json["heartbeat"] = thexp::iso8601(std::chrono::system_clock::now());
  thexp::write_file_atomic(run / "run.json", json.to_json());
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.progress().step == 4);
}

TEST_CASE("how checkpoints are kept may change on a resume") {
  TempDir dir;
  begin_run(dir, 4);
  ToyParams params(dir);
  params.epoch = 4;
  params.checkpoint_every_steps = 1;
  params.checkpoint_keep = 1;
  params.checkpoint_on_error = "warn";
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.progress().step == 4);
}

TEST_CASE("auto_resume does not begin anew beside a run it cannot read") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  std::string json = thexp::read_file(run / "run.json");
  auto begin = [&] {
    ToyParams params(dir);
    params.auto_resume = true;
    ToyTrainer trainer(params);
    trainer.setup();
    return trainer.resumed();
  };
  thexp::write_file_atomic(run / "run.json", json.substr(0, 100));
  std::string message = message_of<thexp::FormatError>(begin);
  CHECK_CONTAINS(message, "cannot be continued");
  CHECK_CONTAINS(message, (run / "run.json").string() + ":");
  // One without checkpoints is a start that was killed.
  thexp::Saver(run).clear_checkpoints();
  CHECK_FALSE(begin());
}

TEST_CASE("auto_resume goes by the checkpoints, not by their link") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  thexp::fs::remove(run / "checkpoints" / "last.pt");
  ToyParams params(dir);
  params.epoch = 4;
  params.auto_resume = true;
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.progress().step == 4);
}

// Every file of a run, by name.
std::map<std::string, std::string> content_of(const thexp::fs::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : thexp::fs::recursive_directory_iterator(run)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().string()] = thexp::read_file(entry.path());
  }
  return files;
}

TEST_CASE("data of another size is refused, unless allowed") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  auto before = content_of(run);
  auto resume = [&](const char* allow) {
    ToyParams params(dir);
    params.epoch = 4;
    params.resume = "latest";
    params.allow = allow;
    ToyTrainer trainer(params);
    trainer.with_test = true;
    trainer.setup();
  };
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { resume(""); }),
                 "test.examples: absent -> 12");
  CHECK(content_of(run) == before);  // as if nobody had asked
  CHECK_NOTHROW(resume("data"));
}

TEST_CASE("a finished run is not trained again") {
  TempDir dir;
  begin_run(dir, 12);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  int64_t batches = 0;
  trainer.on_train_batch = [&](const thexp::Batch&) { ++batches; };
  CHECK(trainer.train().completed);
  CHECK(batches == 0);
}

TEST_CASE("S5 more epochs count from the loaded state") {
  TempDir dir;
  auto run = [&](const std::string& resume, const char* epochs) {
    ToyParams params(dir);
    params.resume = resume;
    params.parse_args({std::string("--epoch=") + epochs});
    ToyTrainer trainer(params);
    trainer.train();
    CHECK(trainer.epochs_wanted() == trainer.progress().epoch);
    trainer.finish();
    return trainer.progress().epoch;
  };
  CHECK(run("", "+1") == 1);  // a fresh run has none
  CHECK(run("latest", "+2") == 3);
  CHECK(run("latest", "+0") == 3);
  CHECK(run("latest", "+1") == 4);
  ToyParams params(dir);
  CHECK_CONTAINS(message_of<thexp::ParamError>(
                     [&] { params.parse_args({"--epoch=+0x"}); }),
                 "--epoch");
}

TEST_CASE("a damaged newest checkpoint is passed over") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 7);  // checkpoints of steps 3, 6 and 7
  auto files = thexp::Saver(run).find_checkpoints();
  REQUIRE(files.size() == 3);
  thexp::fs::resize_file(files.back().path, 100);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.progress().step == 6);
  // It is kept, and counts no more.
  thexp::fs::path name = files.back().path.filename();
  CHECK(thexp::fs::exists(run / "checkpoints" / ("damaged-" + name.string())));
  CHECK(trainer.saver().find_checkpoints().size() == 2);
}

TEST_CASE("a run whose checkpoints are all damaged is named") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 7);
  for (const auto& file : thexp::Saver(run).find_checkpoints()) {
    thexp::fs::resize_file(file.path, 100);
  }
  auto before = content_of(run);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  auto message = message_of<thexp::FormatError>([&] { trainer.setup(); });
  CHECK_CONTAINS(message, "the run " + run.string() + ": nothing could be");
  CHECK_CONTAINS(message, "--resume=FILE begins with another checkpoint");
  CHECK(content_of(run) == before);
}

TEST_CASE("a program that does not fit leaves the run as it is") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  auto before = content_of(run);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.on_models = [](ToyTrainer& toy) {
    toy.add_model("more", torch::nn::Linear(1, 1));
  };
  CHECK_CONTAINS(message_of<thexp::FormatError>([&] { trainer.setup(); }),
                 "missing in the checkpoint: more");
  CHECK(content_of(run) == before);
}

TEST_CASE("evaluating a run leaves it as it is") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 7);
  auto before = content_of(run);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = "latest";
  params.phase = "eval";
  ToyTrainer trainer(params);
  trainer.eval();
  trainer.finish();
  CHECK(trainer.progress().step == 7);
  CHECK(trainer.run_folder() != run);
  CHECK(content_of(run) == before);
  auto record = thexp::read_run(trainer.run_folder());
  CHECK_CONTAINS(record.info().at("begun_from").as_text(), run.string());
  ToyParams again(dir);  // it is not a run to go on with
  again.epoch = 4;
  again.resume = "latest";
  ToyTrainer resumed(again);
  CHECK(resumed.run_folder() == run);
}

TEST_CASE("an evaluation is told what else is other than in training") {
  TempDir dir;
  begin_run(dir, 7);
  ToyParams params(dir);
  params.epoch = 5;
  params.resume = "latest";
  params.phase = "eval";
  ToyTrainer trainer(params);
  trainer.with_test = true;
  trainer.eval();
  trainer.logger().flush();
  std::string log = thexp::read_file(trainer.active_run().console_log());
  CHECK_CONTAINS(log, "other data than in training | test.examples: absent");
}

TEST_CASE("an evaluation looks at all data, and keeps what is locked") {
  TempDir dir;
  ToyParams first(dir), second(dir);
  first.limit_eval_batches = 1;
  first.accumulate = 2;
  ToyTrainer trained(first);
  trained.train();
  second.resume = "latest";
  second.phase = "eval";
  second.lock("accumulate");
  ToyTrainer trainer(second);
  trainer.setup();
  CHECK_FALSE(second.limit_eval_batches.get());
  CHECK(*second.accumulate == 1);
}

TEST_CASE("weights come from a checkpoint or from --init.from") {
  TempDir dir;
  begin_run(dir, 7);
  for (const char* phase : {"train", "eval"}) {
    ToyParams params(dir);
    params.epoch = 4;
    params.resume = "latest";
    params.init_from = "other.pt";
    params.allow = "params";
    params.phase = phase;
    ToyTrainer trainer(params);
    CHECK_CONTAINS(
        message_of<thexp::UsageError>([&] { trainer.setup(); }),
        "--init.from=other.pt: the weights come from the checkpoint");
  }
}

TEST_CASE("a start that failed is not continued") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  ToyParams failing(dir), params(dir);
  ToyTrainer failed(failing);
  failed.on_models = [](ToyTrainer&) { throw std::runtime_error("boom"); };
  CHECK_THROWS_AS(failed.setup(), std::runtime_error);
  params.epoch = 4;
  params.resume = "latest";
  ToyTrainer trainer(params);
  CHECK(trainer.run_folder() == run);
}

TEST_CASE("a best checkpoint whose mark a kill prevented is marked") {
  TempDir dir;
  ToyParams first(dir), params(dir);
  first.epoch = 2;
  params.epoch = 2;
  ToyTrainer trainer(first);
  trainer.train_epoch();
  trainer.mark_best();
  trainer.train();
  thexp::fs::path link = trainer.active_run().checkpoints() / "best.pt";
  REQUIRE(thexp::fs::is_symlink(link));
  thexp::fs::remove(link);
  thexp::fs::remove(link.parent_path() / "best.json");
  trainer.finish();
  params.resume = "latest";
  ToyTrainer resumed(params);
  REQUIRE(resumed.saver().find_best());
  CHECK(resumed.saver().find_best()->point->number == 1);
}

std::vector<int64_t> steps_saved(ToyTrainer& trainer) {
  std::vector<int64_t> steps;
  for (const auto& file : trainer.saver().find_checkpoints()) {
    steps.push_back(file.info().at("step").as_integer());
  }
  return steps;
}

TEST_CASE("checkpoints by steps alone do without those of epochs") {
  TempDir dir;
  ToyParams params(dir);  // three batches an epoch
  params.epoch = 4;
  params.checkpoint_every = 0;
  params.checkpoint_keep = 9;
  params.checkpoint_every_steps = 3;
  ToyTrainer at_ends(params);
  at_ends.train();
  CHECK(steps_saved(at_ends) == std::vector<int64_t>{3, 6, 9, 12});
  ToyParams others(dir);
  others.epoch = 2;
  others.checkpoint_every = 0;
  others.checkpoint_every_steps = 4;
  ToyTrainer between(others);
  between.train();  // and what is left at the end
  CHECK(steps_saved(between) == std::vector<int64_t>{4, 6});
}

TEST_CASE("checkpoints by time come at the ends of epochs, too") {
  TempDir dir;
  ToyParams params(dir);
  params.batch_size = 12;  // one batch an epoch
  params.checkpoint_every = 0;
  params.checkpoint_every_seconds = 1e-9;
  ToyTrainer trainer(params);
  trainer.train();
  CHECK(steps_saved(trainer) == std::vector<int64_t>{1, 2});
}

TEST_CASE("another number of threads is said") {
  TempDir dir;
  int threads = at::get_num_threads();
  begin_run(dir, 4);
  ToyParams params(dir);
  params.epoch = 4;
  params.threads = 2;
  params.allow = "params";
  params.resume = "latest";
  ToyTrainer trainer(params);
  trainer.logger().add_sink(thexp::make_file_sink(dir / "log"));
  trainer.setup();
  trainer.logger().flush();
  CHECK_CONTAINS(thexp::read_file(dir / "log"),
                 "it ran on 1 thread, this is 2");
  at::set_num_threads(threads);
}

// What is said when a run begins with a checkpoint of other hardware.
std::string said_of_hardware(const thexp::State& hardware) {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 4);
  auto state = thexp::load_pt(thexp::Saver(run).find_checkpoints()[0].path);
  state["thexp"]["hardware"] = hardware;
  thexp::save_pt(dir / "elsewhere.pt", state);
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = (dir / "elsewhere.pt").string();
  ToyTrainer trainer(params);
  trainer.setup();
  trainer.logger().flush();
  return thexp::read_file(trainer.active_run().console_log());
}

TEST_CASE("another GPU or processor is said, and refused by nobody") {
  const std::string here = thexp::hardware_of(
      at::Device(thexp_test::test_device() == "cpu" ? "cpu" : "cuda:0"));
  if (here.empty()) return;  // its name is not to be had
  CHECK_CONTAINS(
      said_of_hardware("NVIDIA A100"),
      "it ran on NVIDIA A100, this is " + here + ": the last bits may differ");
  CHECK_FALSE(thexp_test::contains(said_of_hardware(here), "it ran on"));
  CHECK_FALSE(thexp_test::contains(said_of_hardware(""), "it ran on"));
}

TEST_CASE("a new run begins with a checkpoint's file") {
  TempDir dir;
  thexp::fs::path run = begin_run(dir, 7);  // checkpoints of steps 3, 6 and 7
  thexp::SavedFile middle = thexp::Saver(run).find_checkpoints()[1];
  std::string log = thexp::read_file(run / "console.log");
  ToyParams params(dir);
  params.epoch = 4;
  params.resume = middle.path.string();
  ToyTrainer trainer(params);
  trainer.setup();
  CHECK(trainer.progress().step == 6);
  CHECK_FALSE(trainer.resumed());
  trainer.train();
  trainer.finish();
  CHECK(torch::equal(trainer.net->weight, weight_of_whole_run(dir)));
  // The run that it is of stays as it was.
  CHECK(trainer.run_folder() != run);
  CHECK(thexp::Saver(run).find_checkpoints().size() == 3);
  CHECK(thexp::read_file(run / "console.log") == log);
  auto record = thexp::read_run(trainer.run_folder());
  CHECK(record.info().at("begun_from").as_text() == middle.path.string());
  CHECK_CONTAINS(thexp::read_file(trainer.active_run().console_log()),
                 "2 of 4 epochs, step 6");
}

TEST_CASE("a file to resume from must be a checkpoint, and be there") {
  TempDir dir;
  ToyParams params(dir);
  auto error = [&](const thexp::fs::path& file) {
    params.resume = file.string();
    ToyTrainer trainer(params);
    return message_of<thexp::Error>([&] { trainer.setup(); });
  };
  thexp::save_pt(dir / "weights.pt", thexp::State(thexp::State::Dict{}));
  CHECK_CONTAINS(
      error(dir / "weights.pt"),
      "this is not a checkpoint of a training (there is no 'thexp' in it)");
  CHECK_CONTAINS(error(dir / "absent.pt"), "absent.pt");
  params.auto_resume = true;
  CHECK_CONTAINS(error(dir / "weights.pt"), "begins a new run each time");
}

// Breaks in the middle of an epoch's end, once.
struct BreaksAtTheEnd : thexp::Callback {
  void on_epoch_end(thexp::Trainer& trainer) override {
    if (trainer.progress().epoch == 2 && breaks) {
      throw std::runtime_error("no memory to evaluate");
    }
  }
  bool breaks = true;
};

TEST_CASE("G3 an epoch's end that broke is repeated, and its steps are kept") {
  TempDir dir;
  ToyParams first(dir), again(dir);
  first.epoch = 4;
  again.epoch = 4;
  again.resume = "latest";
  ToyTrainer broken(first), resumed(again);
  broken.add_callback<BreaksAtTheEnd>();
  CHECK_THROWS_AS(broken.train(), std::runtime_error);
  thexp::LoadedFile kept = broken.saver().load_keypoint(2);
  CHECK(kept.info.at("exception").as_text() == "no memory to evaluate");
  CHECK(kept.info.at("step").as_integer() == 6);
  resumed.add_callback<BreaksAtTheEnd>().breaks = false;
  resumed.setup();
  CHECK(resumed.progress().step == 3);
  resumed.train();
  CHECK(torch::equal(resumed.net->weight, weight_of_whole_run(dir)));
}

TEST_CASE("a decision to stop survives the process") {
  struct StopAtSix : thexp::Callback {
    void on_epoch_end(thexp::Trainer& trainer) override {
      if (trainer.progress().step == 6) trainer.stop_train("six is enough");
    }
  };
  TempDir dir;
  auto trained = [&](bool resume) {
    ToyParams params(dir);
    params.epoch = 4;
    if (resume) params.resume = "latest";
    ToyTrainer trainer(params);
    trainer.add_callback<StopAtSix>();
    CHECK(trainer.train().reason == "six is enough");
    return trainer.progress().step;
  };
  CHECK(trained(false) == 6);
  CHECK(trained(true) == 6);
}

}  // namespace
