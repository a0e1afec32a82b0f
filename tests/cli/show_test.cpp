#include <cmath>

#include "catch.h"
#include "thexp/base/value.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

const std::string kId = "20231121-100000-k3f9";

/// The sample, with params, metrics and a checkpoint in its newest run.
struct FullRun : SampleRuns {
  FullRun() {
    add("params.yaml", "epoch: 5\noptim:\n  lr: 0.1\n");
    add("metrics.jsonl",
        R"({"step":60,"epoch":1,"tag":"train/loss","value":0.6})"
        "\n"
        R"({"step":120,"epoch":2,"tag":"train/loss","value":0.25})"
        "\n"
        R"({"step":120,"epoch":2,"tag":"eval/acc","value":"nan"})"
        "\n");
    add("checkpoints/last.pt", std::string(1536, 'x'));
    add("checkpoints/last.pt.tmp.7.0", "unfinished");
  }

  void add(const std::string& name, const std::string& content) {
    thexp::write_file_atomic(file("mnist_lr=0.1", kId, name), content);
  }
};

TEST_CASE("show prints all that a run folder says") {
  FullRun runs;
  Outcome outcome = thexp_tool(runs.dir(), "show " + kId);
  CHECK(outcome.errors == "");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output ==
        R"(run         mnist_lr=0.1/20231121-100000-k3f9
path        runs/mnist_lr=0.1/20231121-100000-k3f9
status      completed
started     2023-11-21 10:00:00
ended       2023-11-21 10:01:40
duration    1m40s
host        box (process 1234)
folder      /srv/project
command     ./mnist --optim.lr=0.1 '--note=it'\''s new'

info
  epoch: 5
  epochs: 5
  metrics: {"eval/acc":0.96121}

params.yaml
  epoch: 5
  optim:
    lr: 0.1

metrics (last values)
  train/loss  0.25         step 120  epoch 2
  eval/acc    nan          step 120  epoch 2

files
  checkpoints/last.pt     1.5 KiB
  metrics.jsonl             162 B
  params.yaml                26 B
  run.json                  604 B
)");
}

TEST_CASE("show says why a run failed, and that a killed one has no end") {
  SampleRuns runs;
  CHECK_CONTAINS(thexp_tool(runs.dir(), "show 20231120").output,
                 "status      failed\n"
                 "error       loss is nan\n"
                 "            at step 3\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "show 20231118").output,
                 "ended       unknown; last heartbeat 2023-11-21 10:01:40\n");
}

TEST_CASE("show takes an id, its beginning, an experiment or a path") {
  SampleRuns runs;
  for (const std::string& name :
       {kId, std::string("20231121"), std::string("mnist_lr=0.1"),
        "mnist_lr=0.1/" + kId, "runs/mnist_lr=0.1/" + kId,
        (runs.dir().path() / "runs" / "mnist_lr=0.1" / kId).string()}) {
    INFO(name);
    CHECK_CONTAINS(thexp_tool(runs.dir(), "show " + name).output,
                   "run         mnist_lr=0.1/" + kId + "\n");
  }
}

TEST_CASE("B5 show reads a run folder that was copied away") {
  SampleRuns runs;
  thexp_test::TempDir elsewhere;
  thexp::fs::copy(runs.file("mnist_lr=0.1", kId, ""), elsewhere / "copy");
  Outcome outcome = thexp_tool(elsewhere, "show copy");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "run         mnist_lr=0.1/" + kId + "\n");
}

TEST_CASE("B6 show --json gives the last value of each metric") {
  FullRun runs;
  Value json =
      Value::from_json(thexp_tool(runs.dir(), "show --json " + kId).output);
  CHECK(json.at("id") == Value(kId));
  CHECK(json.at("params_yaml") == "epoch: 5\noptim:\n  lr: 0.1\n");
  CHECK(json.at("metrics").at("train/loss") ==
        Value(Value::Dict{{"value", 0.25}, {"step", 120}, {"epoch", 2}}));
  CHECK(json.at("metrics").at("eval/acc").at("value") == "nan");
  CHECK(json.at("metrics_torn").is_null());
  CHECK(json.at("files").as_list()[0] ==
        Value(Value::Dict{{"name", "checkpoints/last.pt"}, {"bytes", 1536}}));
}

TEST_CASE("show tells of a damaged file, and of all else") {
  FullRun runs;
  runs.add("files.json", "{");
  runs.add("metrics.jsonl", "nonsense\n");
  thexp::remove_file(runs.file("mnist_lr=0.1", kId, "params.yaml"));
  thexp::make_directories(runs.file("mnist_lr=0.1", kId, "params.yaml"));
  Outcome outcome = thexp_tool(runs.dir(), "show " + kId);
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "status      completed\n");
  CHECK_CONTAINS(outcome.output, "files.json:1:2: malformed JSON");
  CHECK_CONTAINS(outcome.output, "metrics.jsonl:1: ");
  CHECK_CONTAINS(outcome.output, "params.yaml");
}

TEST_CASE("show tells of a torn last line of the metrics") {
  FullRun runs;
  runs.add("metrics.jsonl", R"({"step":60,)");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "show " + kId).output,
                 R"(metrics.jsonl:1: the last line is torn: '{"step":60,')");
}

TEST_CASE("show of no run, several runs or a broken one is an error") {
  SampleRuns runs;
  auto problem_of = [&](const std::string& run) {
    Outcome outcome = thexp_tool(runs.dir(), "show " + run);
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.output == "");
    return outcome.errors;
  };
  CHECK(problem_of("gam") ==
        "thexp: no run or experiment 'gam' in the workspace 'runs'; did you "
        "mean 'gan'?\n");
  CHECK(problem_of("2023112") ==
        "thexp: '2023112' begins the ids of 2 runs: "
        "mnist_lr=0.1/20231121-100000-k3f9, "
        "mnist_lr=0.1/20231120-100000-a1b2\n");
  CHECK_CONTAINS(problem_of("20231117"), "run.json:2:1: malformed JSON");
}

}  // namespace
