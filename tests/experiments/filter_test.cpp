#include "thexp/experiments/filter.h"

#include "catch.h"
#include "run_folder.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::Filter;
using thexp::RunEntry;
using thexp::RunIndex;
using thexp::UsageError;
using thexp::Workspace;
using thexp_test::message_of;
using thexp_test::RunFolder;
using thexp_test::TempDir;

/// The sample runs, and which of them a filter means, newest first.
struct Sample {
  Sample() { thexp_test::write_sample_runs(dir.path()); }

  std::string matching(const std::string& text) const {
    RunIndex index{Workspace(dir.path())};
    Filter filter(text);
    filter.check_names(index.runs());
    std::string ends;
    for (const RunEntry& run : index.runs()) {
      if (!filter.matches(run)) continue;
      ends += (ends.empty() ? "" : " ") + run.id().substr(16);
    }
    return ends;
  }

  TempDir dir;
};

TEST_CASE("G7 a filter compares parameters, metrics and what a run is") {
  Sample sample;
  CHECK(sample.matching("params.optim.lr < 0.1") == "aaa2");
  CHECK(sample.matching("params.optim.lr <= 1e-1") == "aaa2 aaa1");
  CHECK(sample.matching("optim.lr > 0.1") == "bbb3");
  CHECK(sample.matching("optim.lr >= 0.1") == "bbb3 aaa1");
  CHECK(sample.matching("optim.lr == 1") == "bbb3");
  CHECK(sample.matching("optim.lr != 1") == "aaa2 aaa1");
  CHECK(sample.matching("status == completed") == "ccc4 aaa2 aaa1");
  CHECK(sample.matching("experiment == gan") == "ccc4");
  CHECK(sample.matching("number == 1") == "ccc4 aaa1");
  CHECK(sample.matching("eval/acc > 0.9") == "aaa2");
  CHECK(sample.matching("best.eval/acc > 0.9") == "aaa2 aaa1");
  CHECK(sample.matching("best(eval/acc) == 0.91") == "aaa1");
  CHECK(sample.matching("train/loss == nan") == "bbb3");
  CHECK(sample.matching("info.epoch < 5") == "bbb3");
  CHECK(sample.matching("error ~ 'is NAN'") == "bbb3");
  CHECK(sample.matching("id ~ *-aaa?") == "aaa2 aaa1");
  CHECK(sample.matching("duration > 1m30s and duration < 2m") ==
        "ccc4 bbb3 aaa2 aaa1");
  CHECK(sample.matching("age < 20m") == "");
}

TEST_CASE("a filter's parts are joined by and, or, not and parentheses") {
  Sample sample;
  CHECK(sample.matching("params.seed == 1 and experiment == mnist") == "aaa1");
  CHECK(sample.matching("seed == 3 or seed == 1 and experiment == gan") ==
        "ccc4 bbb3");
  CHECK(sample.matching("(seed == 3 or seed == 1) and experiment == mnist") ==
        "bbb3 aaa1");
  CHECK(sample.matching("not (status == failed)") == "ccc4 aaa2 aaa1");
  CHECK(sample.matching("seed in [2, 3]") == "bbb3 aaa2");
  CHECK(sample.matching("seed not in [2, 3]") == "ccc4 aaa1");
  CHECK(sample.matching("status in [failed, \"killed\"]") == "bbb3");
}

TEST_CASE("what a run does not have makes comparisons false, but == null") {
  Sample sample;
  CHECK(sample.matching("width == null") == "bbb3 aaa2 aaa1");
  CHECK(sample.matching("width != null") == "ccc4");
  CHECK(sample.matching("width != 3") == "ccc4");
  CHECK(sample.matching("width") == "ccc4");
  CHECK(sample.matching("not width") == "bbb3 aaa2 aaa1");
}

TEST_CASE("a filter finds tags, notes and descriptions of people") {
  Sample sample;
  thexp::write_file_atomic(
      sample.dir / "gan" / "20231121-130000-ccc4" / "labels.json",
      R"({"format": 1, "tags": ["baseline", "paper"], "description": "wide",
          "notes": [{"time": "2023-11-22T10:00:00.000+00:00",
                     "text": "The GPU was busy"}]})");
  CHECK(sample.matching("tags == baseline") == "ccc4");
  CHECK(sample.matching("tags ~ base") == "ccc4");
  CHECK(sample.matching("tags == base") == "");
  CHECK(sample.matching("note ~ gpu") == "ccc4");
  CHECK(sample.matching("description == wide") == "ccc4");
}

TEST_CASE("texts with digits are compared as people order them") {
  TempDir dir;
  RunFolder("a", "20231121-100000-aaa1")
      .with_json("versions", R"({"libtorch": "1.13"})")
      .write(dir.path());
  RunFolder("a", "20231121-100000-aaa2")
      .with_json("versions", R"({"libtorch": "1.9"})")
      .write(dir.path());
  RunIndex index{Workspace(dir.path())};
  auto count = [&](const std::string& text) {
    Filter filter(text);
    int64_t found = 0;
    for (const RunEntry& run : index.runs()) found += filter.matches(run);
    return found;
  };
  CHECK(count("versions.libtorch == 1.13") == 1);
  CHECK(count("versions.libtorch > 1.9") == 1);
  CHECK(count("versions.libtorch < '1.10'") == 1);
}

TEST_CASE("a malformed filter is an error that shows the place") {
  auto problem = [](const std::string& text) {
    return message_of<UsageError>([&] { Filter{text}; });
  };
  CHECK(problem("optim.lr < and x == 1") ==
        "filter: expected a value behind '<' (column 12)\n"
        "  optim.lr < and x == 1\n"
        "             ^");
  CHECK_CONTAINS(problem("a = 3"), "'=' is written '==' here (column 3)");
  CHECK_CONTAINS(problem("a == 1 && b == 2"), "'&&' is written 'and' here");
  CHECK_CONTAINS(problem("(a == 1"), "expected ')' (column 8)");
  CHECK_CONTAINS(problem("a == 1 b == 2"),
                 "expected 'and', 'or' or the end (column 8)");
  CHECK_CONTAINS(problem("a == 'x"), "the quoted text has no end (column 6)");
  CHECK_CONTAINS(problem("== 3"), "expected a name");
  CHECK_CONTAINS(problem(""), "expected a name");
  CHECK_CONTAINS(problem("a in 3"), "expected '['");
  CHECK_CONTAINS(problem("best(a == 3"), "has no ')'");
  CHECK_CONTAINS(problem("\xC3\xA4\xC3\xA4 = 3"), "(column 4)");
}

TEST_CASE("a name that no run has is an error with a near one") {
  Sample sample;
  auto problem = [&](const std::string& text) {
    return message_of<UsageError>([&] { sample.matching(text); });
  };
  CHECK(problem("status == completed and params.optm.lr < 1") ==
        "filter: no run has 'params.optm.lr'; did you mean 'params.optim.lr'? "
        "(column 25)\n"
        "  status == completed and params.optm.lr < 1\n"
        "                          ^");
  CHECK_CONTAINS(problem("lr < 1"), "did you mean 'params.optim.lr'?");
  CHECK_CONTAINS(problem("acc < 1"), "did you mean 'eval/acc'?");
  CHECK_CONTAINS(problem("best.eval/ac > 1"), "did you mean 'best.eval/acc'?");
  CHECK_CONTAINS(problem("zzzzzzzz == 1"), "no run has 'zzzzzzzz' (column 1)");
  CHECK(sample.matching("tags == nobody_has_tags") == "");
}

TEST_CASE("an experiment's name with = needs no quotes") {
  TempDir dir;
  RunFolder("mnist_lr=0.1", "20231121-100000-aaa1").write(dir.path());
  RunIndex index{Workspace(dir.path())};
  CHECK(Filter("experiment == mnist_lr=0.1").matches(index.runs()[0]));
  CHECK(!Filter("experiment == mnist_lr=0.2").matches(index.runs()[0]));
}

}  // namespace
