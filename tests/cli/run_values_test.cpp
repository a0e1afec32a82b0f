// metrics, params, path and diff.
#include "catch.h"
#include "run_folder.h"
#include "thexp/base/value.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

struct Rates {
  Rates() {
    thexp_test::write_sample_runs(dir / "runs");
    thexp::write_file_atomic(
        run("aaa1") / "metrics.jsonl",
        R"({"step":1,"epoch":0,"tag":"train/loss","value":0.75})"
        "\n"
        R"({"step":2,"epoch":0,"tag":"train/loss","value":0.5})"
        "\n"
        R"({"step":2,"epoch":0,"tag":"eval/acc","value":"nan"})"
        "\n");
  }
  thexp::fs::path run(const std::string& end) const {
    return dir / "runs" / "mnist" / ("20231121-100000-" + end);
  }
  std::string output(const std::string& arguments) const {
    Outcome outcome = thexp_tool(dir, arguments);
    CHECK(outcome.errors == "");
    CHECK(outcome.exit_code == 0);
    return outcome.output;
  }
  std::string error(const std::string& arguments) const {
    Outcome outcome = thexp_tool(dir, arguments);
    CHECK(outcome.output == "");
    CHECK(outcome.exit_code == 1);
    return outcome.errors;
  }
  TempDir dir;
};

TEST_CASE("B6 metrics --json gives steps and values by tag") {
  Rates runs;
  CHECK(runs.output("metrics aaa1 --json") ==
        "{\n"
        "  \"train/loss\": [[1, 0.75], [2, 0.5]],\n"
        "  \"eval/acc\": [[2, \"nan\"]]\n"
        "}\n");
  CHECK(runs.output("metrics aaa1 train/loss --last 1 --json") ==
        "{\n  \"train/loss\": [[2, 0.5]]\n}\n");
  CHECK(runs.output("metrics aaa2 --json") == "{\n}\n");
}

TEST_CASE("B6 metrics as CSV, as points and as an overview") {
  Rates runs;
  CHECK(runs.output("metrics aaa1 --csv") ==
        "tag,step,epoch,value\n"
        "train/loss,1,0,0.75\n"
        "train/loss,2,0,0.5\n"
        "eval/acc,2,0,nan\n");
  CHECK(runs.output("metrics aaa1 train/loss") ==
        "      step   epoch  value\n"
        "         1       0  0.75\n"
        "         2       0  0.5\n");
  CHECK(runs.output("metrics aaa1") ==
        "metric      points  first  min   max  last  step  epoch\n"
        "train/loss       2   0.75  0.5  0.75   0.5     2      0\n"
        "eval/acc         1    nan  nan   nan   nan     2      0\n");
  CHECK(runs.output("metrics aaa2") == "the run has recorded no metrics\n");
  CHECK(runs.error("metrics aaa1 train/los") ==
        "thexp: the run has no metric 'train/los'; did you mean "
        "'train/loss'?\n");
}

TEST_CASE("G4 params prints the file, else what run.json has") {
  Rates runs;
  CHECK(runs.output("params aaa1") ==
        "seed: 1\noptim.lr: 0.1\noptim.name: \"sgd\"\n");
  thexp::write_file_atomic(runs.run("aaa1") / "params.yaml", "seed: 1  # x\n");
  CHECK(runs.output("params aaa1") == "seed: 1  # x\n");
  CHECK(
      Value::from_json(runs.output("params aaa1 --json")) ==
      Value::from_json(R"({"seed": 1, "optim": {"lr": 0.1, "name": "sgd"}})"));
}

TEST_CASE("path is for scripts") {
  Rates runs;
  std::string folder = thexp::fs::canonical(runs.run("aaa1")).string();
  CHECK(runs.output("path aaa1") == folder + "\n");
  CHECK(runs.output("path aaa1 metrics.jsonl") == folder + "/metrics.jsonl\n");
  CHECK(runs.error("path aaa1 metrics.json") ==
        "thexp: the run mnist/20231121-100000-aaa1 has no file "
        "'metrics.json'; did you mean 'metrics.jsonl'?\n");
}

TEST_CASE("G16 T15 a run is called by number, age, end or tag") {
  Rates runs;
  auto id_of = [&](const std::string& name) {
    std::string path = runs.output("path " + name);
    return path.substr(path.rfind('/') + 1, 20);
  };
  CHECK(id_of("mnist/2") == "20231121-110000-aaa2");
  CHECK(id_of("gan/1") == "20231121-130000-ccc4");
  CHECK(id_of("@-1") == "20231121-130000-ccc4");
  CHECK(id_of("@-2") == "20231121-120000-bbb3");
  CHECK(id_of("bbb3") == "20231121-120000-bbb3");
  CHECK(id_of("mnist/aaa2") == "20231121-110000-aaa2");
  CHECK(id_of("20231121-12") == "20231121-120000-bbb3");
  CHECK(id_of("mnist") == "20231121-120000-bbb3");
  for (const char* end : {"20231121-100000-aaa1", "20231121-110000-aaa2"}) {
    thexp::write_file_atomic(runs.dir / "runs" / "mnist" / end / "labels.json",
                             R"({"format": 1, "tags": ["baseline"]})");
  }
  CHECK(id_of("baseline") == "20231121-110000-aaa2");
  CHECK(runs.error("path mnist/7") ==
        "thexp: no run of 'mnist' has the number 7; the highest is 3\n");
  CHECK(runs.error("path @-9") ==
        "thexp: there is no run @-9: the workspace 'runs' has 4\n");
  CHECK(runs.error("path 00-") ==
        "thexp: no run or experiment '00-' in the "
        "workspace 'runs'; experiments there: gan, "
        "mnist\n");
  CHECK(runs.error("path 20231121-100000-aaa2") ==
        "thexp: no run or experiment '20231121-100000-aaa2' in the workspace "
        "'runs'; did you mean '20231121-100000-aaa1'?\n");
  CHECK_CONTAINS(runs.error("path 2023"), "'2023' begins the ids of 4 runs: ");
}

TEST_CASE("G4 diff shows what differs between two runs") {
  Rates runs;
  CHECK(runs.output("diff aaa1 mnist/2") ==
        "a  mnist/20231121-100000-aaa1  completed  1m40s\n"
        "b  mnist/20231121-110000-aaa2  completed  1m40s\n"
        "\n"
        "params      a     b\n"
        "seed        1     2\n"
        "optim.lr  0.1  0.01\n"
        "\n"
        "metrics           a     b  b - a\n"
        "train/loss      0.5  0.25  -0.25\n"
        "eval/acc        0.9  0.95  +0.05\n"
        "best.eval/acc  0.91  0.96  +0.05\n");
  CHECK_CONTAINS(runs.output("diff aaa1 aaa1"), "they do not differ\n");
  Value json = Value::from_json(runs.output("diff aaa1 gan --json"));
  CHECK(json.at("differences").at("params") ==
        Value::from_json(R"({"optim.lr": [0.1, null],
                             "optim.name": ["sgd", null],
                             "width": [null, 64]})"));
}

}  // namespace
