#include "thexp/tracking/run_files.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/content_hash.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/run.h"

namespace {

using thexp::FileState;
using thexp::read_run_files;
using thexp::Run;
using thexp::RunFile;
using thexp::RunOptions;
using thexp::write_file_atomic;
using thexp_test::TempDir;

RunOptions options_in(const TempDir& dir) {
  return RunOptions().workspace((dir / "runs").string()).experiment("exp");
}

std::map<std::string, RunFile> files_of(const thexp::fs::path& run) {
  std::map<std::string, RunFile> files;
  for (const RunFile& file : read_run_files(run)) files[file.path] = file;
  return files;
}

TEST_CASE("T14 a run lists its files with size and content hash") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->metrics().record("loss", 1.0, 1, 0);
  write_file_atomic(run->models() / "best.pt", "weights");
  run->finish();
  auto files = files_of(run->path());
  REQUIRE(files.count("models/best.pt") == 1);
  CHECK(files["models/best.pt"].bytes == 7);
  CHECK(files["models/best.pt"].hash == thexp::content_hash("weights"));
  CHECK(files["models/best.pt"].state == FileState::kCreated);
  CHECK(files["metrics.jsonl"].hash ==
        thexp::content_hash_of_file(run->path() / "metrics.jsonl"));
  CHECK(files.count("run.json") == 0);
  auto summary = thexp::read_run(run->path()).json.at("files");
  CHECK(summary.at("count").as_integer() == static_cast<int64_t>(files.size()));
  CHECK(summary.at("bytes").as_integer() >= 7);
}

TEST_CASE("T14 T29 a watched folder's files are created, modified, deleted") {
  TempDir dir;
  for (const char* name : {"old.png", "changed.png", "gone.png", "text.txt"}) {
    write_file_atomic(dir / "samples" / name, name);
  }
  auto run = Run::create(options_in(dir));
  thexp::fs::path inside = run->watch("plots", {".svg"});
  CHECK(inside == run->path() / "plots");
  CHECK(thexp::fs::is_directory(inside));
  thexp::fs::path samples = run->watch(dir / "samples", {".png"});
  CHECK(samples == dir / "samples");
  write_file_atomic(inside / "curve.svg", "<svg/>");
  write_file_atomic(samples / "new.png", "n");
  write_file_atomic(samples / "changed.png", "other");
  thexp::fs::remove(samples / "gone.png");
  run->finish();

  auto files = files_of(run->path());
  auto state_of = [&](const std::string& name) {
    REQUIRE(files.count((samples / name).string()) == 1);
    return files[(samples / name).string()].state;
  };
  CHECK(files["plots/curve.svg"].state == FileState::kCreated);
  CHECK(state_of("new.png") == FileState::kCreated);
  CHECK(state_of("old.png") == FileState::kUntouched);
  CHECK(state_of("changed.png") == FileState::kModified);
  CHECK(state_of("gone.png") == FileState::kDeleted);
  CHECK(files.count((samples / "text.txt").string()) == 0);
  CHECK(files[(samples / "changed.png").string()].hash ==
        thexp::content_hash("other"));
}

TEST_CASE("T14 a killed run's files are known all the same") {
  TempDir dir;
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto run =
        Run::create(options_in(dir).heartbeat(std::chrono::milliseconds(50)));
    run->watch(dir / "out");
    write_file_atomic(dir / "out" / "first", "1");
    while (!thexp::fs::exists(run->path() / "files.json")) ::usleep(1000);
    write_file_atomic(run->models() / "late.pt", "late");
    std::string path = run->path().string();
    ::write(pipe_ends[1], path.data(), path.size());
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  char path[4096] = "";
  REQUIRE(::read(pipe_ends[0], path, sizeof path) > 0);
  auto files = files_of(path);
  CHECK(files["models/late.pt"].hash == thexp::content_hash("late"));
  CHECK(files["models/late.pt"].state == FileState::kCreated);
  CHECK(files.count((dir / "out" / "first").string()) == 1);
}

TEST_CASE("a run that goes on keeps what it knew of its files") {
  TempDir dir;
  write_file_atomic(dir / "out" / "old", "old");
  thexp::fs::path path;
  {
    auto run = Run::create(options_in(dir));
    path = run->path();
    run->watch(dir / "out");
    write_file_atomic(dir / "out" / "made", "1");
    write_file_atomic(run->checkpoints() / "epoch-1.pt", "one");
    run->finish(thexp::RunStatus::kInterrupted);
  }
  auto run = Run::open(path);
  run->watch(dir / "out");
  thexp::fs::remove(run->checkpoints() / "epoch-1.pt");
  write_file_atomic(run->checkpoints() / "epoch-2.pt", "two");
  write_file_atomic(dir / "out" / "old", "new");
  run->finish();
  auto files = files_of(path);
  CHECK(files["checkpoints/epoch-1.pt"].state == FileState::kDeleted);
  CHECK(files["checkpoints/epoch-1.pt"].hash == thexp::content_hash("one"));
  CHECK(files["checkpoints/epoch-2.pt"].state == FileState::kCreated);
  CHECK(files[(dir / "out" / "made").string()].state == FileState::kCreated);
  CHECK(files[(dir / "out" / "old").string()].state == FileState::kModified);
}

TEST_CASE("a folder that is watched twice is one folder") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->watch("out");
  write_file_atomic(run->path() / "out" / "made", "1");
  run->watch("./out/");
  run->watch(run->path() / "out");
  run->finish();
  auto files = files_of(run->path());
  CHECK(files["out/made"].state == FileState::kCreated);
  CHECK(std::count_if(files.begin(), files.end(), [](const auto& file) {
          return thexp_test::contains(file.first, "made");
        }) == 1);
}

TEST_CASE("files.json of a newer format is refused") {
  TempDir dir;
  auto run = Run::create(options_in(dir));
  run->finish();
  write_file_atomic(run->path() / "files.json", R"({"format":2,"files":[]})");
  CHECK_CONTAINS(thexp_test::message_of<thexp::FormatError>(
                     [&] { read_run_files(run->path()); }),
                 "the format version is 2, but this program reads version 1");
}

TEST_CASE("a folder that cannot be made is an error") {
  TempDir dir;
  write_file_atomic(dir / "file", "");
  auto run = Run::create(options_in(dir));
  CHECK_CONTAINS(thexp_test::message_of<thexp::FileError>(
                     [&] { run->watch(dir / "file" / "below"); }),
                 "file");
}

}  // namespace
