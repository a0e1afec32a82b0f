// Which run is continued, and that nobody else's is spoilt.
#include "catch.h"
#include "thexp/base/file.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/workspace.h"
#include "toy_trainer.h"

namespace {

using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

struct Wanted : ToyParams {
  Wanted(const TempDir& dir, int64_t epochs, const std::string& how = "")
      : ToyParams(dir) {
    epoch = epochs;
    if (how == "auto") auto_resume = true;
    if (how == "resume") resume = "latest";
  }
};

thexp::fs::path run_of(Wanted&& params, int64_t steps) {
  ToyTrainer trainer(params);
  trainer.train_steps(steps);
  if (steps == 3 * *params.epoch) trainer.train();
  return trainer.run_folder();
}

bool resumes(Wanted&& params) {
  ToyTrainer trainer(params);
  trainer.setup();
  return trainer.resumed();
}

TEST_CASE("auto_resume finds its unfinished run behind another's") {
  TempDir dir;
  thexp::fs::path unfinished = run_of(Wanted(dir, 4), 4);
  run_of(Wanted(dir, 1), 3);
  Wanted again(dir, 4, "auto");
  ToyTrainer trainer(again);
  trainer.setup();
  CHECK(trainer.resumed());
  CHECK(trainer.run_folder() == unfinished);
}

TEST_CASE("auto_resume begins where only others' runs were completed") {
  TempDir dir;
  run_of(Wanted(dir, 4), 4);
  run_of(Wanted(dir, 1), 3);
  CHECK_FALSE(resumes(Wanted(dir, 2, "auto")));
}

TEST_CASE("auto_resume knows a run again that drew its seed") {
  TempDir dir;
  Wanted first(dir, 1), again(dir, 1, "auto");
  first.seed = -1;
  again.seed = -1;
  thexp::fs::path run;
  {
    ToyTrainer trainer(first);
    trainer.train();
    run = trainer.run_folder();
  }
  ToyTrainer trainer(again);
  trainer.train();
  CHECK(trainer.run_folder() == run);
  CHECK(trainer.progress().step == 3);
}

TEST_CASE("a run's folder is named without its workspace") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  Wanted other(dir, 4);
  other.workspace = (dir / "absent").string();
  other.resume = run.string();
  ToyTrainer trainer(other);
  trainer.setup();
  CHECK(trainer.resumed());
}

TEST_CASE("an experiment's name is its newest run with checkpoints") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  for (const char* phase : {"eval", "train"}) {
    Wanted named(dir, 4);
    named.resume = "toy";
    named.phase = phase;  // after the first, an evaluation is the newest run
    ToyTrainer trainer(named);
    trainer.eval();
    CHECK(trainer.progress().step == 4);
    CHECK((trainer.run_folder() == run) == trainer.resumed());
  }
}

TEST_CASE("auto_resume begins in an experiment's empty folder") {
  TempDir dir;
  thexp::fs::create_directories(dir / "toy");
  CHECK_FALSE(resumes(Wanted(dir, 2, "auto")));
}

TEST_CASE("an experiment is meant before a file of its name") {
  TempDir dir, here;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  thexp::write_file_atomic(here / "toy", "a program");
  thexp::fs::path before = thexp::fs::current_path();
  thexp::fs::current_path(here.path());
  Wanted wanted(dir, 4);
  wanted.resume = "toy";
  ToyTrainer trainer(wanted);
  trainer.setup();
  thexp::fs::current_path(before);
  CHECK(trainer.run_folder() == run);
}

TEST_CASE("a file called latest is not what a bare resume means") {
  TempDir dir;
  run_of(Wanted(dir, 4), 4);
  thexp::fs::path before = thexp::fs::current_path();
  thexp::fs::current_path(dir.path());
  thexp::write_file_atomic("latest", "not a checkpoint");
  bool resumed = resumes(Wanted(dir, 4, "resume"));
  thexp::fs::current_path(before);
  CHECK(resumed);
}

TEST_CASE("S5 +N epochs are the run's own from then on") {
  TempDir dir;
  run_of(Wanted(dir, 2), 6);
  {
    Wanted more(dir, 10, "resume");
    more.more_epochs = 1;
    ToyTrainer trainer(more);
    CHECK(trainer.train().completed);
    CHECK(trainer.progress().epoch == 3);
  }
  CHECK(resumes(Wanted(dir, 3, "resume")));
}

TEST_CASE("a run that another process continued meanwhile is left alone") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  Wanted late(dir, 4, "resume");
  ToyTrainer trainer(late);
  std::string record;
  trainer.on_models = [&](ToyTrainer&) {
    {
      Wanted soon(dir, 4, "resume");
      ToyTrainer other(soon);
      other.train_steps(4);
    }
    record = thexp::read_file(run / "run.json");
  };
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { trainer.setup(); }),
                 "was continued by another process meanwhile");
  CHECK(thexp::read_file(run / "run.json") == record);
}

// A callback that asks for what needs the run, while it is set up.
class AsksEarly : public ToyTrainer {
 public:
  using ToyTrainer::ToyTrainer;
  std::function<void(AsksEarly&)> ask;

 protected:
  void callbacks() override { ask(*this); }
};

TEST_CASE("keep_best during set-up leaves a run to continue untouched") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  std::string record = thexp::read_file(run / "run.json");
  Wanted again(dir, 4, "resume");
  AsksEarly trainer(again);
  trainer.ask = [&](AsksEarly& asks) {
    asks.retain_best(2, "eval/loss", thexp::Mode::kMin);
    CHECK(thexp::read_file(run / "run.json") == record);
  };
  CHECK(trainer.train().completed);
}

TEST_CASE("a damaged newest checkpoint takes no link with it") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  auto files = thexp::Saver(run).find_checkpoints();
  REQUIRE(files.size() == 2);
  thexp::cut_file(files.back().path, 100);
  CHECK(resumes(Wanted(dir, 4, "resume")));
  CHECK(thexp::fs::read_symlink(run / "checkpoints" / "last.pt") ==
        files.front().path.filename());
  CHECK_NOTHROW(thexp::load_pt(run / "checkpoints" / "last.pt"));
}

TEST_CASE("a checkpoint that the disk cannot read is not called damaged") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  thexp::fs::path newest = thexp::Saver(run).find_checkpoints().back().path;
  thexp::fs::rename(newest, dir / "away");
  thexp::fs::create_directory_symlink(dir.path(), newest);  // EISDIR
  CHECK_CONTAINS(
      message_of<thexp::FileError>([&] { resumes(Wanted(dir, 4, "resume")); }),
      newest.string());
  thexp::fs::remove(newest);
  thexp::fs::rename(dir / "away", newest);
  CHECK(resumes(Wanted(dir, 4, "resume")));
}

TEST_CASE("a checkpoint that is absent: the error names those there are") {
  TempDir dir;
  thexp::fs::path run = run_of(Wanted(dir, 4), 4);
  thexp::fs::path folder = run / "checkpoints";
  std::string files = "checkpoint-000001-epoch-1.pt, checkpoint-000002-";
  for (const std::string& wanted :
       {std::string("epoch-99.pt"), (folder / "epoch-99.pt").string()}) {
    INFO(wanted);
    Wanted params(dir, 4);
    params.resume = wanted;
    ToyTrainer trainer(params);
    std::string message =
        message_of<thexp::UsageError>([&] { trainer.setup(); });
    CHECK_CONTAINS(message, "No such file or directory (errno 2)");
    CHECK_CONTAINS(message, files);
  }
}

}  // namespace
