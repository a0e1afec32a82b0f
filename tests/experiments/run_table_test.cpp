#include "thexp/experiments/run_table.h"

#include "catch.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/experiments/query.h"

namespace {

using thexp::RunEntry;
using thexp::RunIndex;
using thexp::RunTableOptions;
using thexp::ShortIds;
using thexp::Table;
using thexp::Value;
using thexp::Workspace;
using thexp_test::RunFolder;
using thexp_test::TempDir;

struct Sample {
  Sample() { thexp_test::write_sample_runs(dir.path()); }

  thexp::QueryResult mnist() const {
    return thexp::Query(dir.path()).experiment("mnist").find();
  }

  TempDir dir;
};

std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  return names;
}

TEST_CASE("the parameters that differ are shown, and only those") {
  Sample sample;
  auto found = sample.mnist();
  CHECK(varying_params(found.runs) ==
        std::vector<std::string>{"seed", "optim.lr"});
  CHECK(names_of(run_table(found.runs)) ==
        std::vector<std::string>{"number", "id", "status", "start", "duration",
                                 "at", "params.seed", "params.optim.lr",
                                 "eval/acc", "best.eval/acc", "train/loss"});
}

TEST_CASE("a parameter that some runs lack differs") {
  TempDir dir;
  RunFolder("a", "20231121-100000-aaa1")
      .with_json("params", R"({"x": {"y": 1, "z": 2}, "same": [1, 2]})")
      .write(dir.path());
  RunFolder("a", "20231121-100000-aaa2")
      .with_json("params", R"({"same": [1, 2], "x": {"z": 2}, "new": null})")
      .write(dir.path());
  RunFolder("a", "20231121-100000-aaa3").write(dir.path());
  RunIndex index{Workspace(dir.path())};
  CHECK(varying_params(index.runs()) == std::vector<std::string>{"new", "x.y"});
}

TEST_CASE("the watched metric is the one that the checkpoints watch") {
  TempDir dir;
  const char* metrics = R"({"train/loss": {"value": 1}, "lr": {"value": 1},
      "eval/acc": {"value": 1}, "eval/f1": {"value": 1}})";
  RunFolder run("a", "20231121-100000-aaa1");
  run.with_json("metrics", metrics).write(dir.path());
  auto watched = [&] {
    return watched_metric(RunIndex(Workspace(dir.path())).runs());
  };
  CHECK(watched() == "eval/acc");
  run.with_json("params", R"({"checkpoint": {"best_metric": "eval/f1"}})")
      .write(dir.path());
  CHECK(watched() == "eval/f1");
  run.with_json("params", R"({"checkpoint": {"best_metric": "eval/gone"}})")
      .write(dir.path());
  CHECK(watched() == "eval/acc");
  CHECK(metric_tags(RunIndex(Workspace(dir.path())).runs()) ==
        std::vector<std::string>{"eval/acc", "eval/f1", "lr", "train/loss"});
}

TEST_CASE("short ids are ends that only one run has") {
  TempDir dir;
  for (const char* id :
       {"20231121-100000-aaa1", "20231121-100001-aaa1", "20231121-100000-bbb1",
        "20231122-100000-ccc1", "20231121-100000-ccc1"}) {
    RunFolder("a", id).write(dir.path());
  }
  RunFolder("a", "copy").write(dir.path());
  RunIndex index{Workspace(dir.path())};
  ShortIds ids(index.runs());
  Workspace workspace(dir.path());
  for (const RunEntry& run : index.runs()) {
    INFO(run.id() << " " << ids.of(run));
    CHECK(workspace.find(ids.of(run)).path == run.path());
    CHECK(ids.of(run)[0] != '-');
    if (run.id() == "20231121-100000-bbb1") CHECK(ids.of(run) == "bbb1");
    if (run.id() == "copy") CHECK(ids.of(run) == "copy");
  }
}

TEST_CASE("B7 the means of the last values come from metrics.jsonl") {
  Sample sample;
  std::string lines;
  for (int step = 0; step < 20; ++step) {
    lines += R"({"step":)" + std::to_string(step) +
             R"(,"epoch":0,"tag":"eval/acc","value":)" + std::to_string(step) +
             "}\n";
  }
  thexp::write_file_atomic(
      sample.dir / "mnist" / "20231121-110000-aaa2" / "metrics.jsonl", lines);
  auto found = sample.mnist();
  Table table = run_table(
      found.runs, RunTableOptions().metrics({"eval/acc"}).last({1, 10, 100}));
  Value rows = table_json(table);
  CHECK(rows.as_list()[1].at("eval/acc last 1") == Value(19.0));
  CHECK(rows.as_list()[1].at("eval/acc last 10") == Value(14.5));
  CHECK(rows.as_list()[1].at("eval/acc last 100") == Value(9.5));
  CHECK(rows.as_list()[0].at("eval/acc last 1").is_null());
}

TEST_CASE("chosen columns take the place of the usual ones") {
  Sample sample;
  auto found = sample.mnist();
  Table table = run_table(
      found.runs, RunTableOptions().columns({"optim.lr", "best.eval/acc"}));
  CHECK(names_of(table) == std::vector<std::string>{"number", "id", "status",
                                                    "optim.lr",
                                                    "best.eval/acc"});
}

}  // namespace
