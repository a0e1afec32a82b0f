#include "thexp/tracking/run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <thread>

#include "catch.h"
#include "fixed_clock.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/metric_reader.h"

namespace {

using std::chrono::milliseconds;
using thexp::read_file;
using thexp::read_run;
using thexp::Run;
using thexp::RunOptions;
using thexp::RunRecord;
using thexp::RunStatus;
using thexp::Value;
using thexp_test::FixedClock;
using thexp_test::message_of;
using thexp_test::TempDir;

RunOptions options_in(const TempDir& dir) {
  return RunOptions().workspace(dir.path().string()).experiment("exp");
}

Value json_of(const thexp::fs::path& run) {
  return Value::from_json(read_file(run / "run.json"));
}

TEST_CASE("G12 a new run is a folder of readable files") {
  TempDir dir;
  FixedClock clock;
  auto run = Run::create(options_in(dir)
                             .clock(clock)
                             .argv({"./bin/mnist", "--optim.lr=0.1"})
                             .description("first try"));
  CHECK(run->path() == dir.path() / "exp" / run->id());
  CHECK(std::regex_match(run->id(), std::regex("20261121-100000-[0-9a-z]{4}")));
  for (const auto& folder :
       {run->checkpoints(), run->keypoints(), run->models()}) {
    CHECK(thexp::fs::is_directory(folder));
  }
  CHECK(run->console_log() == run->path() / "console.log");

  Value json = json_of(run->path());
  CHECK(json.at("format") == 1);
  CHECK(json.at("id") == Value(run->id()));
  CHECK(json.at("experiment") == "exp");
  CHECK(json.at("description") == "first try");
  CHECK(json.at("program") == "mnist");
  CHECK(json.at("argv") == Value(Value::List{"./bin/mnist", "--optim.lr=0.1"}));
  CHECK(json.at("cwd") == Value(thexp::fs::current_path().string()));
  CHECK(json.at("pid") == Value(static_cast<long>(::getpid())));
  CHECK(json.at("start") == Value(thexp::iso8601(clock.now())));
  CHECK(json.at("heartbeat") == Value(thexp::iso8601(clock.now())));
  CHECK(json.at("status") == "running");
  for (const char* key : {"end", "error", "parent"}) {
    CHECK(json.at(key).is_null());
  }
}

TEST_CASE("runs of one second have different ids with a letter each") {
  TempDir dir;
  FixedClock clock;
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    auto run = Run::create(options_in(dir).clock(clock));
    std::string word = run->id().substr(16);
    CHECK(word.find_first_of("abcdefghijklmnopqrstuvwxyz") !=
          std::string::npos);
    ids.insert(run->id());
    run->finish();
  }
  CHECK(ids.size() == 50);
}

TEST_CASE("a run that ends says how and when") {
  TempDir dir;
  FixedClock clock;
  auto ended = [&](auto end) {
    auto run = Run::create(options_in(dir).clock(clock));
    clock.advance(std::chrono::seconds(100));
    end(*run);
    return read_run(run->path(), clock);
  };
  RunRecord record = ended([](Run& run) { run.finish(); });
  CHECK(record.status == RunStatus::kCompleted);
  CHECK(record.duration().count() == 100);
  CHECK(record.end == clock.now());

  record = ended([](Run& run) { run.finish(RunStatus::kInterrupted); });
  CHECK(record.status == RunStatus::kInterrupted);

  record = ended([](Run& run) { run.fail("loss is nan\nat step 3"); });
  CHECK(record.status == RunStatus::kFailed);
  CHECK(record.failure == "loss is nan\nat step 3");
}

TEST_CASE("the time of a run does not count the breaks in it") {
  TempDir dir;
  FixedClock clock;
  auto run = Run::create(options_in(dir).clock(clock));
  thexp::fs::path folder = run->path();
  clock.advance(std::chrono::seconds(100));
  run->finish(RunStatus::kInterrupted);
  clock.advance(std::chrono::hours(24));
  run = Run::open(folder, RunOptions().clock(clock));
  CHECK(run->duration().count() == 100);
  clock.advance(std::chrono::seconds(20));
  CHECK(run->duration().count() == 120);
  run->finish();
  CHECK(read_run(folder, clock).duration().count() == 120);
}

TEST_CASE("a run ends once, and only as completed or interrupted") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  CHECK_THROWS_AS(run->finish(RunStatus::kKilled), thexp::UsageError);
  run->finish();
  CHECK_THROWS_AS(run->finish(), thexp::UsageError);
  CHECK_THROWS_AS(run->fail("late"), thexp::UsageError);
  CHECK(read_run(run->path()).status == RunStatus::kCompleted);
}

TEST_CASE("a run that nobody finished has failed") {
  TempDir dir;
  thexp::fs::path path = Run::create(options_in(dir))->path();
  RunRecord record = read_run(path);
  CHECK(record.status == RunStatus::kFailed);
  CHECK_CONTAINS(record.failure, "without finish()");
}

TEST_CASE("params, information and metrics are in the folder after a flush") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->write_params("epoch: 5\n");
  run->set_info("epoch", 1);
  run->set_info("epoch", 2);
  run->metrics().record("train/loss", 0.5, 10, 2);
  run->flush();
  CHECK(read_file(run->path() / "params.yaml") == "epoch: 5\n");
  CHECK(read_run(run->path()).info() == Value(Value::Dict{{"epoch", 2}}));
  auto metrics = thexp::read_metrics(run->path() / "metrics.jsonl");
  CHECK(metrics.find("train/loss")->points.back().value == 0.5);
}

// Reads until `is_so` holds, at most half a minute.
template <typename Condition>
bool becomes(Condition is_so) {
  for (int i = 0; i < 3000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST_CASE("B3 a background thread writes metrics, information, heartbeat") {
  TempDir dir;
  auto run = Run::create(options_in(dir).heartbeat(milliseconds(10)));
  auto first = read_run(run->path()).heartbeat;
  run->set_info("note", "x");
  run->metrics().record("loss", 1, 1, 0);
  CHECK(becomes([&] { return read_run(run->path()).heartbeat > first; }));
  CHECK(becomes([&] { return read_run(run->path()).info().find("note"); }));
  CHECK(becomes([&] {
    return thexp::read_metrics(run->path() / "metrics.jsonl").find("loss");
  }));
  CHECK(run->write_error().empty());
}

TEST_CASE("what the background thread cannot write is told") {
  TempDir dir;
  auto run = Run::create(options_in(dir).heartbeat(milliseconds(10)));
  thexp::fs::path path = run->path();
  thexp::fs::path away = dir / "away";
  thexp::fs::rename(path, away);
  thexp::write_file_atomic(path, "a file in its place");
  CHECK(becomes([&] { return !run->write_error().empty(); }));
  CHECK_CONTAINS(run->write_error(), path.string());
  CHECK_THROWS_AS(run->flush(), thexp::FileError);
  thexp::fs::remove(path);
  thexp::fs::rename(away, path);
  CHECK(becomes([&] { return run->write_error().empty(); }));
  run->finish();
  CHECK(read_run(path).status == RunStatus::kCompleted);
}

/// Makes a run in a child process that is killed; writes its folder's path to
/// dir/path.
pid_t kill_a_run(const TempDir& dir) {
  pid_t child = ::fork();
  if (child == 0) {
    auto run = Run::create(options_in(dir));
    run->metrics().record("x", 1, 1, 0);
    run->flush();
    thexp::write_file_atomic(dir / "path", run->path().string());
    ::kill(::getpid(), SIGKILL);
  }
  return child;
}

/// The same; returns the folder.
thexp::fs::path killed_run(const TempDir& dir) {
  int status = 0;
  ::waitpid(kill_a_run(dir), &status, 0);
  REQUIRE(WIFSIGNALED(status));
  return read_file(dir / "path");
}

TEST_CASE("a run whose process is gone was killed") {
  TempDir dir;
  thexp::fs::path path = killed_run(dir);
  CHECK(json_of(path).at("status") == "running");
  CHECK(read_run(path).status == RunStatus::kKilled);
}

TEST_CASE("a run was killed before its parent has looked at it") {
  TempDir dir;
  pid_t child = kill_a_run(dir);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  CHECK(read_run(read_file(dir / "path")).status == RunStatus::kKilled);
  ::waitpid(child, nullptr, 0);
}

/// As if another machine had written the run.
void move_to_another_host(const thexp::fs::path& run) {
  Value json = json_of(run);
  json["host"] = "elsewhere";
  thexp::write_file_atomic(run / "run.json", json.to_json());
}

TEST_CASE("of another machine's run only the heartbeat tells") {
  TempDir dir;
  FixedClock clock;
  auto run = Run::create(
      options_in(dir).clock(clock).heartbeat(std::chrono::seconds(10)));
  move_to_another_host(run->path());
  clock.advance(std::chrono::seconds(30));
  CHECK(read_run(run->path(), clock).status == RunStatus::kRunning);
  clock.advance(milliseconds(1));
  CHECK(read_run(run->path(), clock).status == RunStatus::kKilled);
}

TEST_CASE("a run is opened and goes on, wherever it was copied to") {
  TempDir dir;
  thexp::fs::path first = killed_run(dir);
  thexp::fs::path copy = dir / "somewhere else";
  thexp::fs::copy(first, copy, thexp::fs::copy_options::recursive);
  RunRecord before = read_run(first);
  {
    auto run = Run::open(copy, RunOptions().argv({"./again"}));
    CHECK(run->path() == copy);
    CHECK(run->id() == before.id);
    CHECK(run->experiment() == "exp");
    RunRecord now = read_run(copy);
    CHECK(now.status == RunStatus::kRunning);
    CHECK(now.start == before.start);
    CHECK(now.pid == ::getpid());
    CHECK(now.argv == std::vector<std::string>{"./again"});
    run->metrics().record("x", 2, 2, 0);
    run->finish();
  }
  CHECK(read_run(copy).status == RunStatus::kCompleted);
  CHECK(json_of(copy).at("continued").as_list().size() == 1);
  auto metrics = thexp::read_metrics(copy / "metrics.jsonl");
  CHECK(metrics.find("x")->points.size() == 2);
  CHECK(read_run(first).status == RunStatus::kKilled);
}

TEST_CASE("a process that was stopped for long still has its run") {
  TempDir dir;
  FixedClock clock;
  auto run = Run::create(options_in(dir).clock(clock));
  clock.advance(std::chrono::hours(2));
  CHECK(read_run(run->path(), clock).status == RunStatus::kRunning);
}

TEST_CASE("a run is locked, whatever its record says") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  Value json = json_of(run->path());
  json["status"] = "completed";
  thexp::write_file_atomic(run->path() / "run.json", json.to_json());
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { Run::open(run->path()); }),
                 "another process is writing to it");
  run->finish();
  CHECK_NOTHROW(Run::open(run->path())->finish());
}

TEST_CASE("a run that is being written is not opened a second time") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { Run::open(run->path()); }),
                 "process " + std::to_string(::getpid()));
}

TEST_CASE("a run whose record lacks a key is not opened, and says where") {
  TempDir dir;
  thexp::fs::path path = killed_run(dir);
  std::string text = read_file(path / "run.json");
  text.replace(text.find("continued"), 9, "continuee");
  thexp::write_file_atomic(path / "run.json", text);
  CHECK_CONTAINS(message_of<thexp::FormatError>([&] { Run::open(path); }),
                 (path / "run.json").string() + ": ");
}

TEST_CASE("impossible options are refused before anything is made") {
  TempDir dir;
  for (const char* name : {"", ".", "..", "a/b", "../a", ".hidden", "a\nb"}) {
    std::string message = message_of<thexp::UsageError>(
        [&] { Run::create(options_in(dir).experiment(name)); });
    CHECK_CONTAINS(message, Value(name).to_json());
    CHECK_CONTAINS(message, "such as mnist_lr=0.1");
  }
  CHECK_THROWS_AS(Run::create(options_in(dir).heartbeat(milliseconds(0))),
                  thexp::UsageError);
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("a run.json that is not one is an error with its path") {
  TempDir dir;
  auto problem_of = [&](const std::string& text) {
    thexp::write_file_atomic(dir / "run.json", text);
    return message_of<thexp::FormatError>([&] { read_run(dir.path()); });
  };
  std::string file = (dir / "run.json").string();
  CHECK_CONTAINS(problem_of("{\"form"), file + ":1:");
  CHECK(problem_of("{\"format\": 2}") ==
        file + ": the format version is 2, but this program reads version 1");
  CHECK_CONTAINS(problem_of("{\"format\": 1}"), file + ": ");
  CHECK_CONTAINS(problem_of("[]"), file + ": ");
  thexp::fs::remove(dir / "run.json");
  CHECK_THROWS_AS(read_run(dir.path()), thexp::FileError);
}

TEST_CASE("a run that was moved away is not made anew") {
  TempDir dir;
  auto run = Run::create(
      thexp::RunOptions().workspace(dir.path().string()).experiment("e"));
  const thexp::fs::path path = run->path();
  thexp::fs::rename(path, dir / "away");
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { run->flush(); }),
                 "cannot write into");
  thexp::fs::create_directory(
      path);  // as a program that writes a file there would
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { run->flush(); }),
                 path.string());
  CHECK(thexp::fs::is_empty(path));
}

}  // namespace
