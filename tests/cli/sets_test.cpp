// record, title and table.
#include "catch.h"
#include "process.h"
#include "run_folder.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

struct Rates {
  Rates() { thexp_test::write_sample_runs(dir / "runs"); }
  std::string output(const std::string& arguments) const {
    Outcome outcome = thexp_tool(dir, arguments);
    CHECK(outcome.errors == "");
    CHECK(outcome.exit_code == 0);
    return outcome.output;
  }
  TempDir dir;
};

TEST_CASE("G5 G18 record adds runs to a set, without argument the newest") {
  Rates runs;
  CHECK(runs.output("record") == "recorded: added gan/20231121-130000-ccc4\n");
  CHECK(runs.output("record paper aaa1 mnist/2") ==
        "paper: added mnist/20231121-100000-aaa1\n"
        "paper: added mnist/20231121-110000-aaa2\n");
  CHECK(runs.output("record paper aaa1") == "paper: had 1 run already\n");
  Outcome outcome = thexp_tool(runs.dir, "record paper aaa2 mnits");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors, "did you mean 'mnist'?");
  CHECK_CONTAINS(thexp_tool(runs.dir, "table papre").errors,
                 "did you mean 'paper'?");
}

TEST_CASE("G6 table prints a set; title chooses its columns") {
  Rates runs;
  runs.output("record paper aaa1 aaa2");
  CHECK(runs.output("table paper") ==
        "experiment  #  id                    status     started      time  at "
        "  seed  optim.lr  eval/acc   best  train/loss\n"
        "mnist       1  20231121-100000-aaa1  completed  2023-11-21  1m40s  "
        "5/5     1       0.1       0.9  0.91          0.5\n"
        "mnist       2  20231121-110000-aaa2  completed  2023-11-21  1m40s  "
        "5/5     2      0.01      0.95  0.96*        0.25\n"
        "* the best eval/acc\n");
  CHECK_CONTAINS(runs.output("title paper"), "\nbest.eval/acc\n");
  runs.output("title paper optim.lr best.eval/acc");
  CHECK(runs.output("table paper --csv") ==
        "experiment,number,id,status,optim.lr,best.eval/acc\n"
        "mnist,1,20231121-100000-aaa1,completed,0.1,0.91\n"
        "mnist,2,20231121-110000-aaa2,completed,0.01,0.96\n");
  runs.output("record paper gan");
  CHECK(runs.output("title paper --json") ==
        "[\n  \"optim.lr\",\n  \"best.eval/acc\"\n]\n");
  CHECK(runs.output("table paper --markdown") ==
        "| experiment | # | id | status | optim.lr | best.eval/acc |\n"
        "|---|---:|---|---|---:|---:|\n"
        "| mnist | 1 | 20231121-100000-aaa1 | completed | 0.1 | 0.91 |\n"
        "| mnist | 2 | 20231121-110000-aaa2 | completed | 0.01 | 0.96 |\n"
        "| gan | 1 | 20231121-130000-ccc4 | completed |  |  |\n");
  CHECK_CONTAINS(thexp_tool(runs.dir, "title paper optim.l").errors,
                 "no run has 'optim.l'; did you mean 'params.optim.lr'?");
  CHECK_CONTAINS(runs.output("title paper --reset"), "\nparams.optim.lr\n");
}

TEST_CASE("G5 a run of a set that was removed hides no other") {
  thexp_test::TempDir dir;
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    auto run = thexp::Run::create(
        thexp::RunOptions().workspace((dir / "runs").string()).experiment("e"));
    ids.push_back(run->id());
    run->finish();
  }
  CHECK(thexp_tool(dir, "record paper e/1 e/2").exit_code == 0);
  CHECK(thexp_tool(dir, "rm e/2").exit_code == 0);
  auto outcome = thexp_tool(dir, "table paper");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, ids[0]);
  CHECK_CONTAINS(outcome.output, "paper.txt:2: the run 'e/" + ids[1] +
                                     "' is gone (thexp restore lists");
}

TEST_CASE("G5 table without a set is that of the finished runs") {
  Rates runs;
  Value rows = Value::from_json(runs.output("table --json"));
  REQUIRE(rows.as_list().size() == 3);
  CHECK(rows.as_list()[0].at("id") == Value("20231121-130000-ccc4"));
}

TEST_CASE("T25 table --group counts trials") {
  Rates runs;
  CHECK(runs.output("table --group --csv") ==
        "experiment,params.width,params.optim.lr,params.optim.name,n,eval/acc "
        "mean,eval/acc std,best.eval/acc mean,best.eval/acc std,train/loss "
        "mean,train/loss std\n"
        "gan,64,,,1,,,,,,\n"
        "mnist,,0.01,sgd,1,0.95,,0.96,,0.25,\n"
        "mnist,,0.1,sgd,1,0.9,,0.91,,0.5,\n");
}

TEST_CASE("G5 twenty tools that add to one set at once lose nothing") {
  TempDir dir;
  for (int i = 0; i < 20; ++i) {
    thexp_test::RunFolder("a", "20231121-100000-a" + std::to_string(100 + i))
        .write(dir / "runs");
  }
  auto finished = thexp_test::run_shell(
      "for i in $(seq 100 119); do " THEXP_TOOL
      " record all a$i >/dev/null & done; wait; wc -l < runs/.sets/all.txt",
      dir.path());
  CHECK(thexp::trim(finished.output) == "20");
}

}  // namespace
