#include "thexp/experiments/run_index.h"

#include <sys/stat.h>

#include "catch.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/tracking/run.h"

namespace {

using thexp::RunEntry;
using thexp::RunIndex;
using thexp::RunRecord;
using thexp::RunStatus;
using thexp::Value;
using thexp::Workspace;
using thexp_test::RunFolder;
using thexp_test::TempDir;

namespace fs = thexp::fs;

/// A workspace whose files are old enough to be kept in the cache.
struct Sample {
  Sample() {
    thexp_test::write_sample_runs(dir.path());
    age();
  }

  void age() const {
    auto before = fs::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
      if (entry.is_regular_file()) fs::last_write_time(entry.path(), before);
    }
  }

  RunIndex index() const { return RunIndex(Workspace(dir.path())); }
  fs::path cache() const { return dir / ".index"; }

  TempDir dir;
};

void check_all(const RunIndex& index) {
  std::vector<RunRecord> expected = Workspace(index.root()).runs();
  REQUIRE(index.runs().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const RunEntry& run = index.runs()[i];
    INFO(run.name());
    CHECK(run.path() == expected[i].path);
    CHECK(run.status() == expected[i].status);
    CHECK(run.number() == expected[i].number);
    CHECK(run.start() == expected[i].start);
    CHECK(run.problem() == expected[i].error);
    CHECK(run.record().json == expected[i].json);
    CHECK(run.record().status == expected[i].status);
  }
}

TEST_CASE("an index has what the run folders say, with and without its cache") {
  Sample sample;
  RunIndex first = sample.index();
  CHECK(first.read_anew() == 4);
  check_all(first);
  RunIndex second = sample.index();
  CHECK(second.read_anew() == 0);
  check_all(second);
  fs::remove(sample.cache());
  CHECK(sample.index().read_anew() == 4);
}

TEST_CASE("an index keeps every kind of value") {
  TempDir dir;
  Value odd = Value::from_json(
      R"({"a.b": [1, -1, 1e300, "", null, true, false, [], {}, [[2]]],
          "": {"x": 9223372036854775807, "y": -9223372036854775807},
          "long": ")" +
      std::string(300, 'x') + R"("})");
  RunFolder("a", "20231121-100000-aaa1").with("odd", odd).write(dir.path());
  for (int i = 0; i < 2; ++i) {
    RunIndex index{Workspace(dir.path())};
    CHECK(index.runs()[0].find("odd") == odd);
    CHECK(index.runs()[0].find("odd.a.b")->as_list().size() == 10);
    CHECK(!index.runs()[0].find("odd.a"));
  }
}

TEST_CASE("an index reads again what was changed, added or removed") {
  Sample sample;
  sample.index();
  fs::path mnist = sample.dir / "mnist";
  RunFolder("mnist", "20231121-100000-aaa1")
      .with("description", "changed")
      .write(sample.dir.path());
  RunFolder("new", "20231122-100000-ddd5").write(sample.dir.path());
  fs::remove_all(mnist / "20231121-110000-aaa2");
  RunIndex index = sample.index();
  CHECK(index.read_anew() == 2);
  check_all(index);
  CHECK(index.runs().back().find("description") == Value("changed"));
  thexp::write_file_atomic(mnist / "20231121-120000-bbb3" / "labels.json",
                           R"({"format": 1, "tags": ["x"]})");
  RunIndex labelled = sample.index();
  CHECK(labelled.runs()[1].label("tags") == Value(Value::List{"x"}));
  CHECK(!labelled.runs()[0].label("tags"));
}

TEST_CASE("a file that was written just now is read again") {
  TempDir dir;
  fs::path run = RunFolder("a", "20231121-100000-aaa1").write(dir.path());
  RunIndex first{Workspace(dir.path())};
  // The same size, within one tick of the file system's clock.
  RunFolder("a", "20231121-100000-aaa1").with("host", "xob").write(dir.path());
  RunIndex second{Workspace(dir.path())};
  CHECK(second.runs()[0].find("host") == Value("xob"));
}

TEST_CASE("a damaged or foreign cache is ignored and replaced") {
  Sample sample;
  sample.index();
  std::string good = thexp::read_file(sample.cache());
  std::vector<std::string> bad = {"",
                                  "x",
                                  "thexpix1",
                                  good.substr(0, 40),
                                  good.substr(0, good.size() - 1),
                                  good + "more"};
  for (std::size_t at = 0; at < good.size(); at += 97) {
    bad.push_back(good);
    bad.back()[at] = static_cast<char>(bad.back()[at] ^ 0x10);
  }
  for (const std::string& content : bad) {
    thexp::write_file_atomic(sample.cache(), content);
    RunIndex index = sample.index();
    CHECK(index.read_anew() == 4);
    check_all(index);
    CHECK(sample.index().read_anew() == 0);
  }
}

TEST_CASE("a workspace is read where no cache can be written") {
  Sample sample;
  // Root may write into a read-only folder, too: a folder is in the way.
  fs::create_directory(sample.cache());
  CHECK(sample.index().read_anew() == 4);
  check_all(sample.index());
  CHECK(fs::is_empty(sample.cache()));
}

TEST_CASE("the cache is written only when something changed") {
  Sample sample;
  sample.index();
  struct stat before {};
  struct stat after {};
  REQUIRE(::stat(sample.cache().c_str(), &before) == 0);
  sample.index();
  REQUIRE(::stat(sample.cache().c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

TEST_CASE("whether a run is killed is not cached") {
  TempDir dir;
  auto run = thexp::Run::create(
      thexp::RunOptions().workspace(dir.path().string()).experiment("live"));
  auto before = fs::file_time_type::clock::now() - std::chrono::hours(1);
  run->flush();
  fs::last_write_time(run->path() / "run.json", before);
  auto status = [&] {
    return RunIndex(Workspace(dir.path())).runs()[0].status();
  };
  CHECK(status() == RunStatus::kRunning);
  CHECK(status() == RunStatus::kRunning);
  // Another process with its id.
  std::string json = thexp::read_file(run->path() / "run.json");
  std::size_t at = json.find("\"process_start\": \"");
  REQUIRE(at != std::string::npos);
  json.insert(at + 18, "9");
  RunFolder copy("copied", "20231121-100000-aaa1");
  Value tree = Value::from_json(json);
  for (const auto& [key, value] : tree.as_dict()) copy.with(key, value);
  fs::path path = copy.write(dir.path());
  fs::last_write_time(path / "run.json", before);
  auto copied = [&] {
    RunIndex index{Workspace(dir.path())};
    for (const RunEntry& entry : index.runs()) {
      if (entry.experiment() == "copied") return entry.status();
    }
    return RunStatus::kUnreadable;
  };
  CHECK(copied() == RunStatus::kKilled);
  CHECK(copied() == RunStatus::kKilled);
  run->finish();
}

TEST_CASE("G12 a damaged run or labels.json hides no run from an index") {
  Sample sample;
  fs::path mnist = sample.dir / "mnist";
  thexp::write_file_atomic(mnist / "20231121-100000-aaa1" / "run.json", "{");
  fs::remove(mnist / "20231121-110000-aaa2" / "run.json");
  thexp::write_file_atomic(mnist / "20231121-120000-bbb3" / "labels.json", "[");
  for (int i = 0; i < 2; ++i) {
    RunIndex index = sample.index();
    check_all(index);
    CHECK_CONTAINS(index.runs()[3].problem(), "malformed JSON");
    CHECK_CONTAINS(index.runs()[1].labels_problem(), "labels.json:1:");
    CHECK(index.runs()[1].status() == RunStatus::kFailed);
  }
}

TEST_CASE("runs of an earlier version have their numbers in info") {
  TempDir dir;
  RunFolder("a", "20231121-100000-aaa1")
      .with_json("info", R"({"metrics": {"eval/acc": 0.5},
                             "params": {"lr": 0.1}, "phase": "eval"})")
      .write(dir.path());
  RunIndex index{Workspace(dir.path())};
  CHECK(index.runs()[0].is_evaluation());
  CHECK(index.runs()[0].number() == 0);
  CHECK(!index.runs()[0].is_dry_run());
}

}  // namespace
