#include "thexp/experiments/trials.h"

#include <cmath>

#include "catch.h"
#include "process.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::RunIndex;
using thexp::Spread;
using thexp::Table;
using thexp::TrialsOptions;
using thexp::Value;
using thexp::Workspace;
using thexp_test::RunFolder;
using thexp_test::TempDir;

TEST_CASE("T25 mean and deviation are those of a sample") {
  // statistics.mean and statistics.stdev of Python 3.
  Spread spread = thexp::spread_of({0.9, 0.95, 0.91, 0.97});
  CHECK(spread.count == 4);
  CHECK(spread.mean == Approx(0.9325).epsilon(1e-15));
  CHECK(*spread.deviation == Approx(0.03304037933599838).epsilon(1e-13));
  spread = thexp::spread_of({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  CHECK(spread.mean == 1e9 + 10);
  CHECK(*spread.deviation == Approx(5.477225575051661).epsilon(1e-15));
  CHECK(!thexp::spread_of({3}).deviation);
  CHECK(*thexp::spread_of({3, 3}).deviation == 0);
  CHECK(*thexp::spread_of({0.05, 0.05, 0.05}).deviation == 0);
  CHECK_THROWS_AS(thexp::spread_of({}), thexp::UsageError);
}

void write(const TempDir& dir,
           const std::string& end,
           double rate,
           int seed,
           const Value& accuracy) {
  RunFolder run("mnist", "20231121-100000-" + end);
  run.with("params",
           Value::Dict{{"seed", seed}, {"optim", Value::Dict{{"lr", rate}}}});
  if (!accuracy.is_null()) {
    run.with("metrics",
             Value::Dict{{"eval/acc", Value::Dict{{"value", accuracy}}}});
  }
  run.write(dir.path());
}

TEST_CASE("T25 runs that differ in the seed alone are trials of one thing") {
  TempDir dir;
  write(dir, "aaa1", 0.1, 1, 0.9);
  write(dir, "aaa2", 0.1, 2, 0.95);
  write(dir, "aaa3", 0.1, 3, 0.91);
  write(dir, "aaa4", 0.1, 4, Value());  // counts, but has no value
  write(dir, "bbb1", 0.01, 1, 0.5);
  RunIndex index{Workspace(dir.path())};
  Table table = trials_table(index.runs(), TrialsOptions().for_programs(true));
  Value rows = table_json(table);
  REQUIRE(rows.as_list().size() == 2);
  const Value& single = rows.as_list()[0];
  CHECK(single.at("params.optim.lr") == Value(0.01));
  CHECK(single.at("n") == Value(1));
  CHECK(single.at("eval/acc mean") == Value(0.5));
  CHECK(single.at("eval/acc std").is_null());
  const Value& trials = rows.as_list()[1];
  CHECK(trials.at("experiment") == Value("mnist"));
  CHECK(trials.at("n") == Value(4));
  CHECK(trials.at("eval/acc mean").as_real() == Approx(0.92).epsilon(1e-15));
  CHECK(trials.at("eval/acc std").as_real() ==
        Approx(0.02645751311064588).epsilon(1e-13));
  CHECK(trials.find("params.seed") == nullptr);
  CHECK(aligned_table(trials_table(index.runs()), 100).text ==
        "experiment  optim.lr  n      eval/acc\n"
        "mnist           0.01  1           0.5\n"
        "mnist            0.1  4  0.92 ± 0.026\n");
}

TEST_CASE("T25 grouped numbers are those that Python computes") {
  TempDir dir;
  std::string list;
  for (int i = 0; i < 20; ++i) {
    double value = 0.9 + 0.1 * std::sin(i * 1.7);
    list += (i == 0 ? "" : ",") + Value(value).to_json();
    write(dir, "aa" + std::to_string(10 + i), 0.1, i, value);
  }
  thexp_test::Finished python = thexp_test::run_shell(
      THEXP_SYSTEM_PYTHON3 " -c 'import statistics as s; v=[" + list +
          "]; print([s.mean(v), s.stdev(v)])'",
      dir.path());
  if (python.exit_code != 0) {
    WARN("no Python: " << python.output);
    return;
  }
  Value expected = Value::from_json(python.output);
  RunIndex index{Workspace(dir.path())};
  Value rows = table_json(
      trials_table(index.runs(), TrialsOptions().for_programs(true)));
  REQUIRE(rows.as_list().size() == 1);
  const Value& row = rows.as_list()[0];
  CHECK(row.at("eval/acc mean").as_real() ==
        Approx(expected.as_list()[0].as_real()).epsilon(1e-14));
  CHECK(row.at("eval/acc std").as_real() ==
        Approx(expected.as_list()[1].as_real()).epsilon(1e-13));
}

}  // namespace
