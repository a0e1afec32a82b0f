#include "catch.h"
#include "process.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

const std::string kId = "20231121-100000-k3f9";

TEST_CASE("rm moves runs to the trash, restore lists it and puts them back") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "rm 20231121 20231119");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(outcome.output,
                 "mnist_lr=0.1/" + kId +
                     " is in the trash (604 B); back with: thexp restore "
                     "mnist_lr=0.1/" +
                     kId + "\n");
  CHECK_FALSE(thexp::fs::exists(runs.file("mnist_lr=0.1", kId, "")));

  outcome = thexp_tool(runs.dir(), "restore");
  CHECK_CONTAINS(outcome.output, "mnist_lr=0.1/" + kId + "       604 B  ");
  CHECK_CONTAINS(outcome.output, "\n2 runs ");
  Value list =
      Value::from_json(thexp_tool(runs.dir(), "restore --json").output);
  REQUIRE(list.as_list().size() == 2);
  CHECK(list.as_list()[0].at("bytes").as_integer() > 500);

  outcome = thexp_tool(runs.dir(), "restore k3f9 gan");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(outcome.output, "is back: runs/mnist_lr=0.1/" + kId + "\n");
  CHECK(thexp::fs::exists(runs.file("mnist_lr=0.1", kId, "run.json")));
  CHECK(thexp_tool(runs.dir(), "restore").output == "the trash is empty\n");
}

TEST_CASE("G16 digits behind an experiment are a number, also in the trash") {
  thexp_test::TempDir dir;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto run = thexp::Run::create(
        thexp::RunOptions().workspace((dir / "runs").string()).experiment("e"));
    ids.push_back(run->id());
    run->finish();
  }
  CHECK_CONTAINS(thexp_tool(dir, "rm e/0").errors,
                 "no run of 'e' has the number 0; the highest is 3");
  CHECK(thexp_tool(dir, "rm e/2 e/3").exit_code == 0);
  CHECK_CONTAINS(thexp_tool(dir, "restore e/2").output, "e/" + ids[1]);
  CHECK_CONTAINS(thexp_tool(dir, "restore e/7").errors, "no run 'e/7'");
  // The hint, typed as given, where the workspace is another one.
  thexp_test::TempDir elsewhere;
  std::string workspace = (dir / "runs").string();
  Outcome outcome = thexp_tool(elsewhere, "rm e/1 --workspace " + workspace);
  std::string hint =
      outcome.output.substr(outcome.output.find("thexp restore"));
  CHECK(thexp_tool(elsewhere, hint.substr(6)).exit_code == 0);
}

TEST_CASE("rm of unknown, running and parent runs is refused") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "rm gam").errors ==
        "thexp: no run or experiment 'gam' in the workspace 'runs'; did you "
        "mean 'gan'?\n");
  auto run = thexp::Run::create(thexp::RunOptions()
                                    .workspace((runs.dir() / "runs").string())
                                    .experiment("live")
                                    .parent("mnist_lr=0.1/" + kId));
  CHECK_CONTAINS(thexp_tool(runs.dir(), "rm live").errors, "is running: ");
  Outcome outcome = thexp_tool(runs.dir(), "rm 20231121");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors, "is the parent of live/" + run->id());
  CHECK(thexp_tool(runs.dir(), "rm 20231121 --force").exit_code == 0);
  CHECK(thexp_tool(runs.dir(), "rm live --force").exit_code == 0);
  CHECK_FALSE(thexp::fs::exists(run->path()));
}

TEST_CASE("rm takes a damaged run, and one by its path") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "rm 20231117-100000-brok");
  CHECK(outcome.errors == "");
  CHECK(thexp_tool(runs.dir(), "restore brok").exit_code == 0);
  outcome = thexp_tool(runs.dir(),
                       "rm runs/gan/20231117-100000-brok ./runs/gan/20231119*");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "restore").output, "2 runs");
}

TEST_CASE("restore of what is not there names what is near") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "restore x").errors ==
        "thexp: no run 'x' in the trash 'runs/.trash'; it is empty\n");
  thexp_tool(runs.dir(), "rm gan");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "restore gen").errors,
                 "did you mean 'gan'?");
}

TEST_CASE("gc deletes for good, and says first what it would") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "gc").output == "nothing to delete\n");
  thexp_tool(runs.dir(), "rm 20231121");
  CHECK(thexp_tool(runs.dir(), "gc --older 1d").output ==
        "nothing to delete\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "gc --dry-run").output,
                 "would be deleted: 1 run, 0 unfinished; 604 B\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "restore").output, kId);
  Value json = Value::from_json(thexp_tool(runs.dir(), "gc --json").output);
  CHECK(json.at("runs").as_list().at(0).at("id") == Value(kId));
  CHECK(json.at("bytes") == 604);
  CHECK(thexp_tool(runs.dir(), "restore").output == "the trash is empty\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "gc --older soon").errors,
                 "--older: 'soon' is not a duration");
}

TEST_CASE("rm that is killed leaves the run whole in one of both places") {
  SampleRuns runs;
  for (int i = 0; i < 20; ++i) {
    thexp_test::run_shell(THEXP_TOOL " rm " + kId + " & pid=$!; sleep 0.00" +
                              std::to_string(i) + "; kill -9 $pid; wait",
                          runs.dir().path());
    bool is_there =
        thexp::fs::exists(runs.file("mnist_lr=0.1", kId, "run.json"));
    Outcome back = thexp_tool(runs.dir(), "restore " + kId);
    CHECK(is_there == (back.exit_code == 1));
    CHECK(thexp_tool(runs.dir(), "show " + kId).exit_code == 0);
  }
}

}  // namespace
