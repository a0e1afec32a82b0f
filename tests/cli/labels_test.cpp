#include "catch.h"
#include "process.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

const std::string kRun = "mnist_lr=0.1/20231121-100000-k3f9";

TEST_CASE("tag adds and removes tags, and prints them") {
  SampleRuns runs;
  auto output_of = [&](const std::string& arguments) {
    Outcome outcome = thexp_tool(runs.dir(), arguments);
    CHECK(outcome.errors == "");
    return outcome.output;
  };
  CHECK(output_of("tag 20231121") == kRun + ": no tags\n");
  CHECK(output_of("tag 20231121 baseline good") == kRun + ": baseline, good\n");
  CHECK(output_of("tag 20231121 --remove baseline") == kRun + ": good\n");
  CHECK(Value::from_json(output_of("tag 20231121 --json")) ==
        Value(Value::List{"good"}));
}

TEST_CASE("tag refuses what cannot be a tag, and tags that are not there") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "tag 20231121 'two words'");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors, "'two words' cannot be a tag");
  outcome = thexp_tool(runs.dir(), "tag 20231121 x --remove");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.errors == "thexp: the run has no tag 'x'; it has no tags\n");
  outcome = thexp_tool(runs.dir(), "tag 20231121 --remove");
  CHECK(outcome.exit_code == 2);
  CHECK_CONTAINS(outcome.errors, "name the tags to take away");
}

TEST_CASE("note appends, from standard input too, and prints the notes") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "note 20231121").output ==
        kRun + ": no notes\n");
  Outcome outcome = thexp_tool(runs.dir(), "note 20231121 first one");
  CHECK(outcome.errors == "");
  CHECK(thexp::ends_with(outcome.output, "  first one\n"));
  thexp::write_file_atomic(runs.dir() / "note.txt", "two\nlines\n");
  thexp_tool(runs.dir(), "note 20231121 - <note.txt");
  Value notes =
      Value::from_json(thexp_tool(runs.dir(), "note 20231121 --json").output);
  REQUIRE(notes.as_list().size() == 2);
  CHECK(notes.as_list()[0].at("text") == "first one");
  CHECK(notes.as_list()[1].at("text") == "two\nlines");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "note 20231121").output,
                 "  two\n                  lines\n");
}

TEST_CASE("B1 describe replaces the description that the run was given") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "describe 20231121").output ==
        kRun + ": no description\n");
  CHECK(thexp_tool(runs.dir(), "describe 20231121 with warm-up").output ==
        kRun + ": with warm-up\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "show 20231121").output,
                 "description with warm-up\n");
  CHECK(thexp_tool(runs.dir(), "describe 20231121 ''").output ==
        kRun + ": no description\n");
}

TEST_CASE("show prints tags and notes, and says what is wrong with them") {
  SampleRuns runs;
  thexp::fs::path file =
      runs.file("mnist_lr=0.1", "20231121-100000-k3f9", "labels.json");
  thexp::write_file_atomic(file, R"({"format": 1, "tags": ["a", "b"], "notes":
      [{"time": "2023-11-21T10:05:00.000+00:00", "text": "two\nlines"}]})");
  Outcome outcome = thexp_tool(runs.dir(), "show 20231121");
  CHECK_CONTAINS(outcome.output, "\ntags        a, b\n");
  CHECK_CONTAINS(
      outcome.output,
      "\nnotes\n  2023-11-21 10:05  two\n                    lines\n");
  Value json =
      Value::from_json(thexp_tool(runs.dir(), "show 20231121 --json").output);
  CHECK(json.at("tags") == Value(Value::List{"a", "b"}));
  CHECK(json.at("notes").as_list()[0].at("text") == "two\nlines");
  CHECK(json.at("labels_problem").is_null());

  thexp::write_file_atomic(file, "{");
  outcome = thexp_tool(runs.dir(), "show 20231121");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "\nlabels      runs/mnist_lr=0.1/");
  CHECK_CONTAINS(outcome.output, "labels.json:1:2: malformed JSON");
}

TEST_CASE("20 processes that tag one run at once lose nothing") {
  SampleRuns runs;
  auto finished = thexp_test::run_shell(
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; "
      "do " THEXP_TOOL " tag 20231121 t$i & " THEXP_TOOL
      " note 20231121 n$i & done; wait",
      runs.dir().path());
  INFO(finished.output);
  Value json =
      Value::from_json(thexp_tool(runs.dir(), "show 20231121 --json").output);
  CHECK(json.at("tags").as_list().size() == 20);
  CHECK(json.at("notes").as_list().size() == 20);
}

}  // namespace
