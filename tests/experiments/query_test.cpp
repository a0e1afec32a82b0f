#include "thexp/experiments/query.h"

#include "catch.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::Query;
using thexp::QueryResult;
using thexp::RunRecord;
using thexp::UsageError;
using thexp_test::message_of;
using thexp_test::RunFolder;
using thexp_test::TempDir;

struct Sample {
  Sample() { thexp_test::write_sample_runs(dir.path()); }
  Query query() const { return Query(dir.path()); }
  TempDir dir;
};

std::string ends_of(const Query& query) {
  std::string ends;
  for (const RunRecord& run : query.runs()) {
    ends += (ends.empty() ? "" : " ") + run.id.substr(16);
  }
  return ends;
}

TEST_CASE("T15 a query finds runs by experiment and filter, in an order") {
  Sample sample;
  CHECK(ends_of(sample.query()) == "ccc4 bbb3 aaa2 aaa1");
  CHECK(ends_of(sample.query().experiment("mnist")) == "bbb3 aaa2 aaa1");
  CHECK(ends_of(sample.query().sort("-eval/acc")) == "aaa2 aaa1 ccc4 bbb3");
  CHECK(ends_of(sample.query().sort("eval/acc")) == "aaa1 aaa2 ccc4 bbb3");
  CHECK(ends_of(sample.query().sort("seed,-start")) == "ccc4 aaa1 aaa2 bbb3");
  CHECK(ends_of(sample.query().sort("train/loss")) == "aaa2 aaa1 bbb3 ccc4");
  CHECK(ends_of(sample.query()
                    .experiment("mnist")
                    .filter("status == completed")
                    .sort("optim.lr")
                    .limit(1)) == "aaa2");
}

TEST_CASE("a query says what is not there") {
  Sample sample;
  auto problem = [](const Query& query) {
    return message_of<UsageError>([&] { query.find(); });
  };
  CHECK_CONTAINS(problem(sample.query().experiment("mnits")),
                 "no experiment 'mnits' in the workspace");
  CHECK(problem(sample.query().sort("-eval/ac")) ==
        "sort: no run has 'eval/ac'; did you mean 'eval/acc'?");
  CHECK_CONTAINS(message_of<UsageError>([&] { sample.query().sort("a,,b"); }),
                 "names nothing in one place");
}

TEST_CASE("evaluations and dry runs count only when they are asked for") {
  Sample sample;
  RunFolder("mnist", "20231122-100000-ddd5")
      .with_json("info", R"({"phase": "eval"})")
      .write(sample.dir.path());
  RunFolder("mnist", "20231122-100000-ddd6")
      .with_json("info", R"({"dry_run": true})")
      .write(sample.dir.path());
  QueryResult found = sample.query().find();
  CHECK(found.runs.size() == 4);
  CHECK(found.evaluations == 1);
  CHECK(found.dry_runs == 1);
  found = sample.query().all(true).find();
  CHECK(found.runs.size() == 6);
  CHECK(found.evaluations == 0);
}

TEST_CASE("T15 recent runs are those that began, ended or lived lately") {
  TempDir dir;
  auto now = std::chrono::system_clock::now();
  auto write = [&](const std::string& id, auto began, auto ended) {
    RunFolder("a", "20231121-100000-" + id)
        .with("start", thexp::iso8601(now - began))
        .with("end", thexp::iso8601(now - ended))
        .write(dir.path());
  };
  using std::chrono::hours;
  write("aaa1", hours(30), hours(28));
  write("aaa2", hours(30), hours(2));
  write("aaa3", hours(1), hours(0));
  CHECK(ends_of(Query(dir.path()).within(hours(24))) == "aaa3 aaa2");
  CHECK(ends_of(Query(dir.path()).within(hours(1))) == "aaa3");
  CHECK(ends_of(Query(dir.path()).within(hours(29))) == "aaa3 aaa2 aaa1");
}

}  // namespace
