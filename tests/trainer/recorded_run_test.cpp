#include "catch.h"
#include "process.h"
#include "thexp/base/file.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/run_files.h"
#include "thexp/tracking/workspace.h"
#include "thexp/trainer/main_source.h"
#include "toy_trainer.h"
#include "variable.h"

namespace {

using thexp::read_run;
using thexp::RunRecord;
using thexp::Value;
using thexp::fs::path;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using thexp_test::Variable;

RunRecord trained(ToyParams& params) {
  ToyTrainer trainer(params);
  trainer.train();
  trainer.eval();
  trainer.finish();
  return read_run(trainer.run_folder());
}

TEST_CASE("B1 a run says what it is for, with what and on what") {
  TempDir dir;
  ToyParams params(dir);
  params.description = "a first look";
  RunRecord run = trained(params);
  CHECK(run.description == "a first look");
  CHECK(run.number == 1);
  CHECK(run.params().at("optim").at("lr") == 0.1);
  CHECK(run.params().at("epoch") == 2);
  CHECK(run.params().at("steps").is_null());
  CHECK(run.params().find("resume") == nullptr);
  CHECK(run.json.at("versions").at("libtorch").as_text() != "");
  CHECK(run.metrics().at("eval/loss").at("mode") == "min");
}

TEST_CASE("a trial run says that it is one") {
  TempDir dir;
  ToyParams params(dir);
  params.fast_dev_run = true;
  CHECK(trained(params).info().at("dry_run") == true);
}

TEST_CASE("B8 a Trainer records values of any kind, T29 and watches folders") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.train_steps(1);
  trainer.record("sample", "a text");
  path plots = trainer.watch("plots", {".svg"});
  thexp::write_file_atomic(plots / "curve.svg", "<svg/>");
  trainer.finish();
  path run = trainer.run_folder();
  CHECK(plots == run / "plots");
  auto metrics = thexp::read_metrics(run / "metrics.jsonl");
  CHECK(metrics.others.at(0).points.at(0).value == "a text");
  CHECK(metrics.others.at(0).points.at(0).step == 1);
  auto files = thexp::read_run_files(run);
  CHECK(std::any_of(files.begin(), files.end(), [](const auto& file) {
    return file.path == "plots/curve.svg" && !file.hash.empty();
  }));
}

TEST_CASE("B9 a resume with another workspace begins a run there") {
  TempDir dir;
  TempDir other;
  ToyParams params(dir);
  params.epoch = 1;
  RunRecord first = trained(params);
  const std::string before = thexp::read_file(first.path / "run.json");
  Variable usual("THEXP_WORKSPACE", dir.path().c_str());

  ToyParams more(dir);
  more.workspace = other.path().string();
  more.resume = first.id;
  more.epoch = 2;
  RunRecord second = trained(more);
  CHECK(second.path.parent_path() == other / "toy");
  CHECK(second.parent == "toy/" + first.id);
  CHECK(second.info().at("epoch") == 2);
  CHECK(thexp::read_file(first.path / "run.json") == before);

  // As if it had been trained in one go.
  TempDir whole;
  ToyParams straight(whole);
  RunRecord both = trained(straight);
  CHECK(both.metrics().at("eval/loss").at("value") ==
        second.metrics().at("eval/loss").at("value"));
}

TEST_CASE("B9 a run given by its path goes on where it lies") {
  TempDir dir;
  TempDir other;
  ToyParams params(dir);
  params.epoch = 1;
  RunRecord first = trained(params);
  ToyParams more(dir);
  more.workspace = other.path().string();
  more.resume = first.path.string();
  CHECK(trained(more).path == first.path);
}

// The repository of a user's program.
class Project {
 public:
  Project() {
    write("int main() {}\n");
    git("init -q .");
    git("add -A");
    git("-c user.name=a -c user.email=a@b commit -q -m one");
    thexp::set_main_source((dir_ / "main.cpp").string());
  }
  ~Project() { thexp::set_main_source(""); }

  void write(const std::string& text) {
    thexp::write_file_atomic(dir_ / "main.cpp", text);
  }
  std::string git(const std::string& arguments) {
    auto end = thexp_test::run_shell("git " + arguments, dir_.path());
    CHECK(end.exit_code == 0);
    return end.output;
  }

 private:
  TempDir dir_;
};

TEST_CASE("T14 a run's code is in the user's repository, of each process") {
  Project project;
  TempDir dir;
  Variable wanted("THEXP_RECORD_CODE", nullptr);
  ToyParams params(dir);
  params.epoch = 1;
  RunRecord run = trained(params);
  const Value& code = run.json.at("code");
  CHECK(code.at("kind") == "git");
  CHECK(code.at("dirty") == false);
  CHECK(code.at("ref") == Value("refs/thexp/toy/" + run.id));

  project.write("int main() { return 1; }\n");
  ToyParams more(dir);
  more.resume = "latest";
  more.epoch = 2;
  RunRecord again = trained(more);
  REQUIRE(again.path == run.path);
  CHECK(again.json.at("code").at("dirty") == true);
  CHECK(again.json.at("code").at("tree") != code.at("tree"));
  CHECK(again.info().at("earlier_code").as_list().at(0) == code);

  ToyParams third(dir);
  third.resume = "latest";
  third.epoch = 3;
  RunRecord last = trained(third);  // the same code once more
  CHECK(last.json.at("code") == again.json.at("code"));
  CHECK(last.info().at("earlier_code").as_list().size() == 1);
  // Both are in the repository.
  for (const Value* each : {&code, &last.json.at("code")}) {
    project.git("cat-file -e " + each->at("snapshot").as_text());
  }
}

TEST_CASE("no snapshot is taken where the parameters say so") {
  Project project;
  TempDir dir;
  Variable wanted("THEXP_RECORD_CODE", nullptr);
  ToyParams params(dir);
  params.record_code = false;
  RunRecord run = trained(params);
  CHECK(run.json.find("code") == nullptr);
}

}  // namespace
