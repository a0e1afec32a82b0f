#include "catch.h"
#include "process.h"
#include "thexp/base/value.h"
#include "tool.h"
#include "variable.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::TempDir;
using thexp_test::thexp_tool;
using thexp_test::Variable;

TEST_CASE("T21 config sets, prints, lists and unsets globals") {
  TempDir dir;
  Variable home("THEXP_HOME", (dir / "home").c_str());
  auto output_of = [&](const std::string& arguments) {
    Outcome outcome = thexp_tool(dir, arguments);
    CHECK(outcome.errors == "");
    CHECK(outcome.exit_code == 0);
    return outcome.output;
  };
  std::string own = (dir / "home" / "config.yaml").string();
  std::string local = (dir / ".thexp" / "config.yaml").string();
  CHECK_CONTAINS(output_of("config -l"), "no globals are set");
  CHECK(output_of("config --list --json") == "[]\n");
  CHECK(output_of("config --global datasets /data") ==
        "datasets = /data  (global, " + own + ")\n");
  CHECK(output_of("init") == "made " + local + "\n");
  CHECK(output_of("init") == "is there already: " + local + "\n");
  output_of("config --local datasets /fast");
  CHECK(output_of("config datasets") == "/fast\n");
  CHECK(output_of("config datasets --json") == "\"/fast\"\n");
  CHECK(output_of("config -l") ==
        "datasets = /data  (global, " + own + ":1; the local one counts)\n" +
            "datasets = /fast  (local, " + local + ":3)\n");
  Value list = Value::from_json(output_of("config --list --local --json"));
  REQUIRE(list.as_list().size() == 1);
  CHECK(list.as_list()[0].at("text") == "/fast");
  CHECK(list.as_list()[0].at("file") == Value(local));
  CHECK(output_of("config -u datasets") ==
        "datasets is no longer set in " + local + "\n");
  CHECK(output_of("config datasets") == "/data\n");
  output_of("config -u datasets --global");
  CHECK_CONTAINS(output_of("config"), "no globals are set");
}

TEST_CASE("T21 config says what is wrong") {
  TempDir dir;
  Variable home("THEXP_HOME", (dir / "home").c_str());
  Outcome outcome = thexp_tool(dir, "config datasets");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors,
                 "set it with: thexp config --global datasets VALUE");
  CHECK_CONTAINS(thexp_tool(dir, "config --local a b").errors,
                 "thexp init makes one");
  for (const char* usage : {"config a b", "config a b --global --local",
                            "config -l a", "config -u a b", "config a b c"}) {
    INFO(usage);
    CHECK(thexp_tool(dir, usage).exit_code == 2);
  }
  CHECK_CONTAINS(thexp_tool(dir, "config a b").errors, "--global (yours");
  thexp::write_file_atomic(dir / "home" / "config.yaml", "a: 1\n- b\n");
  CHECK_CONTAINS(thexp_tool(dir, "config a").errors, "config.yaml:2:");
}

TEST_CASE("T27 20 processes that change globals at once lose nothing") {
  TempDir dir;
  Variable home("THEXP_HOME", (dir / "home").c_str());
  thexp_tool(dir, "config --global gone x");
  auto finished = thexp_test::run_shell(
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 "
      "14 15 16 17 18 19 20; do " THEXP_TOOL
      " config --global n$i v$i & done; " THEXP_TOOL
      " config --unset gone & wait",
      dir.path());
  INFO(finished.output);
  Value list = Value::from_json(thexp_tool(dir, "config --json").output);
  CHECK(list.as_list().size() == 20);
  CHECK(thexp_tool(dir, "config n17").output == "v17\n");
}

}  // namespace
