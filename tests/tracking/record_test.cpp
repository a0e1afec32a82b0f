#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <set>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/run.h"
#include "variable.h"

namespace {

using thexp::KnownRun;
using thexp::read_run;
using thexp::Run;
using thexp::RunOptions;
using thexp::Value;
using thexp_test::TempDir;

RunOptions options_in(const TempDir& dir) {
  return RunOptions().workspace(dir.path().string()).experiment("exp");
}

Value json_of(const thexp::fs::path& run) {
  return Value::from_json(thexp::read_file(run / "run.json"));
}

TEST_CASE("run.json says who runs it, and on what") {
  TempDir dir;
  thexp_test::Variable omp("OMP_NUM_THREADS", "3");
  thexp_test::Variable own("MY_CLUSTER_NODE", "n7");
  thexp_test::Variable secret("MY_TOKEN", "hidden");
  auto run = Run::create(options_in(dir)
                             .versions({{"libtorch", "1.13.1"}})
                             .hardware({{"gpus", Value::List{"H200"}}})
                             .environment({"MY_CLUSTER_*"}));
  Value json = json_of(run->path());
  CHECK(json.at("user").as_text() != "");
  CHECK(json.at("versions").at("thexp").as_text() != "");
  CHECK(json.at("versions").at("libtorch") == "1.13.1");
  CHECK_CONTAINS(json.at("versions").at("compiler").as_text(), ".");
  CHECK(json.at("hardware").at("cores").as_integer() > 0);
  CHECK(json.at("hardware").at("memory").as_integer() > 1 << 20);
  CHECK(json.at("hardware").at("gpus") == Value(Value::List{"H200"}));
  CHECK(json.at("environment").at("OMP_NUM_THREADS") == "3");
  CHECK(json.at("environment").at("MY_CLUSTER_NODE") == "n7");
  CHECK(json.at("environment").find("MY_TOKEN") == nullptr);
}

TEST_CASE("G4 run.json has parameters, newest and best metrics") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->set_params(Value::Dict{{"optim", Value::Dict{{"lr", 0.1}}}});
  auto& metrics = run->metrics();
  for (int step : {1, 2, 3}) {
    metrics.record("eval/loss", step == 2 ? 0.5 : 1.0, step, step);
    metrics.record("eval/acc", step == 2 ? 0.9 : 0.8, step, step);
  }
  metrics.set_mode("eval/dice", thexp::Mode::kMax);
  metrics.record("eval/dice", 3.0, 3, 3);
  metrics.record("eval/dice", 2.0, 4, 4);
  run->finish();
  thexp::RunRecord record = read_run(run->path());
  CHECK(record.params().at("optim").at("lr") == 0.1);
  CHECK(record.metrics().at("eval/loss").to_json() ==
        R"({"value":1.0,"step":3,"epoch":3,"best":0.5,"best_step":2,)"
        R"("best_epoch":2,"mode":"min"})");
  CHECK(record.metrics().at("eval/acc").at("best") == 0.9);
  CHECK(record.metrics().at("eval/acc").at("mode") == "max");
  CHECK(record.metrics().at("eval/dice").at("best") == 3.0);
}

TEST_CASE("a run that went back says what the steps before it came to") {
  TempDir dir;
  thexp::fs::path path;
  {
    auto run = Run::create(options_in(dir));
    path = run->path();
    run->metrics().record("loss", 0.5, 1, 0);
    run->metrics().record("loss", 0.1, 2, 0);
    run->metrics().record("other", 1.0, 1, 0);
    run->finish(thexp::RunStatus::kInterrupted);
  }
  auto run = Run::open(path);
  run->metrics().rewind(1);
  CHECK(run->metrics().summary().at("loss").at("best") == 0.5);
  run->metrics().record("loss", 0.4, 2, 0);
  run->finish();
  Value metrics = read_run(path).metrics();
  CHECK(metrics.at("loss").at("value") == 0.4);
  CHECK(metrics.at("loss").at("best") == 0.4);
  CHECK(metrics.at("other").at("value") == 1.0);
}

TEST_CASE("a step recorded again takes the place of those after it") {
  TempDir dir;
  thexp::fs::path path;
  {
    auto run = Run::create(options_in(dir));
    path = run->path();
    for (int step : {1, 2, 3}) run->metrics().record("loss", 4 - step, step, 0);
    run->finish(thexp::RunStatus::kInterrupted);
  }
  auto run = Run::open(path);
  run->metrics().record("loss", 5.0, 2, 0);  // nobody called rewind()
  run->finish();
  Value loss = read_run(path).metrics().at("loss");
  CHECK(loss.at("value") == 5.0);
  CHECK(loss.at("best") == 3.0);
  CHECK(loss.at("best_step") == 1);
}

TEST_CASE("a killed run's best value is known after it goes on") {
  TempDir dir;
  pid_t child = ::fork();
  if (child == 0) {
    auto run = Run::create(options_in(dir));
    for (int step = 0; step < 100; ++step) {
      run->metrics().record("acc", step == 50 ? 0.99 : 0.5, step, 0);
    }
    run->metrics().record("sample", "early", 10, 0);
    run->metrics().record("sample", "late", 90, 0);
    run->metrics().flush();  // run.json is older than that
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  thexp::fs::path path;
  for (const auto& entry : thexp::fs::directory_iterator(dir / "exp")) {
    path = entry.path();
  }
  auto run = Run::open(path);
  CHECK(run->metrics().summary().at("acc").at("best") == 0.99);
  run->metrics().rewind(60);
  CHECK(run->metrics().summary().at("acc").at("step") == 60);
  CHECK(run->metrics().summary().at("sample").at("value") == "early");
  run->metrics().record("acc", 0.6, 61, 0);
  run->finish();
  CHECK(read_run(path).metrics().at("acc").at("best") == 0.99);
  run->flush();  // harmless
}

TEST_CASE("steps begin at 0") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  CHECK(thexp_test::message_of<thexp::UsageError>([&] {
          run->metrics().record("loss", 1.0, -2, 0);
        }) == "metric 'loss' was recorded at step -2: steps begin at 0");
}

TEST_CASE("B8 values of any kind are recorded and read") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->metrics().record("sample", "a line", 1, 0);
  run->metrics().record("sample", Value::List{1, "two"}, 2, 0);
  run->metrics().record("sample", Value(7), 3, 0);
  run->metrics().record("loss", Value("nan"), 3, 0);
  run->finish();
  auto metrics = thexp::read_metrics(run->path() / "metrics.jsonl");
  REQUIRE(metrics.others.size() == 1);
  CHECK(metrics.others[0].tag == "sample");
  REQUIRE(metrics.others[0].points.size() == 2);
  CHECK(metrics.others[0].points[0].value == "a line");
  CHECK(metrics.others[0].points[1].value == Value(Value::List{1, "two"}));
  CHECK(metrics.find("sample")->points.size() == 1);
  CHECK(std::isnan(metrics.find("loss")->points[0].value));
  CHECK(read_run(run->path()).metrics().at("sample").at("value") == 7.0);
}

TEST_CASE("B3 a value again at the same step replaces it, of any kind") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->metrics().record("x", 1.0, 1, 0);
  run->metrics().record("x", "text", 1, 0);
  run->finish();
  auto metrics = thexp::read_metrics(run->path() / "metrics.jsonl");
  CHECK(metrics.series.empty());
  CHECK(metrics.others.at(0).points.at(0).value == "text");
}

TEST_CASE("G16 runs of an experiment are numbered from 1, never twice") {
  TempDir dir;
  CHECK(Run::create(options_in(dir))->number() == 1);
  thexp::fs::path second = Run::create(options_in(dir))->path();
  CHECK(read_run(second).number == 2);
  thexp::fs::remove_all(second);
  CHECK(Run::create(options_in(dir))->number() == 3);
  thexp::remove_file(dir.path() / ".numbers" / "exp");  // copied without it
  CHECK(Run::create(options_in(dir))->number() == 4);
  CHECK(Run::create(options_in(dir).experiment("other"))->number() == 1);
}

TEST_CASE("50 processes begin runs at one instant and share nothing") {
  TempDir dir;
  thexp::fs::path gate = dir / "gate";
  constexpr int kProcesses = 50;
  std::size_t known = thexp::known_runs().size();
  for (int i = 0; i < kProcesses; ++i) {
    if (::fork() != 0) continue;
    while (!thexp::fs::exists(gate)) ::usleep(100);
    int failed = 1;
    try {
      Run::create(options_in(dir))->finish();
      failed = 0;
    } catch (const std::exception&) {
    }
    ::_exit(failed);
  }
  thexp::write_file_atomic(gate, "");
  for (int i = 0; i < kProcesses; ++i) {
    int status = 0;
    ::wait(&status);
    CHECK(status == 0);
  }
  std::set<int64_t> numbers;
  std::set<std::string> ids;
  for (const auto& entry : thexp::fs::directory_iterator(dir / "exp")) {
    if (!entry.is_directory()) continue;
    auto record = read_run(entry.path());
    numbers.insert(record.number);
    ids.insert(record.id);
  }
  CHECK(ids.size() == kProcesses);
  CHECK(numbers.size() == kProcesses);
  CHECK(*numbers.begin() == 1);
  CHECK(*numbers.rbegin() == kProcesses);
  CHECK(thexp::known_runs().size() == known + kProcesses);
}

TEST_CASE("T28 every run is known in the home folder") {
  TempDir dir;
  TempDir home;
  thexp_test::Variable variable("THEXP_HOME", home.path().c_str());
  CHECK(thexp::known_runs().empty());
  thexp::fs::path path = Run::create(options_in(dir))->path();
  auto runs = thexp::known_runs();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].experiment == "exp");
  CHECK(runs[0].path == path);
  CHECK(runs[0].is_there());
  CHECK(thexp::known_workspaces() == std::vector<thexp::fs::path>{dir.path()});

  thexp::fs::path moved = dir / "moved";
  thexp::fs::rename(path, moved);
  CHECK(!thexp::known_runs().at(0).is_there());
  Run::open(moved)->finish();
  CHECK(thexp::known_runs().at(0).path == moved);
  CHECK(thexp::known_runs().size() == 1);
}

TEST_CASE("a home that cannot be written stops no run") {
  TempDir dir;
  thexp::write_file_atomic(dir / "file", "");
  thexp_test::Variable home("THEXP_HOME", (dir / "file" / "home").c_str());
  auto run = Run::create(options_in(dir));
  run->finish();
  CHECK_CONTAINS(json_of(run->path()).at("not_in_home").as_text(), "file");
}

TEST_CASE("a torn line of the home's list hides no other run") {
  TempDir home;
  thexp_test::Variable variable("THEXP_HOME", home.path().c_str());
  thexp::note_known_run({"a", "1", "/x/a/1"});
  thexp::AppendFile(home / "runs.jsonl").append("{\"experi\n");
  thexp::note_known_run({"b", "2", "/x/b/2"});
  CHECK(thexp::known_runs().size() == 2);
}

}  // namespace
