#include "catch.h"
#include "thexp/base/value.h"
#include "thexp/tracking/run.h"
#include "tool.h"

namespace {

using thexp::Run;
using thexp::RunOptions;
using thexp::write_file_atomic;
using thexp_test::Outcome;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

TEST_CASE("T15 find says which run made a file, wherever it lies now") {
  TempDir dir;
  auto run = Run::create(
      RunOptions().workspace((dir / "runs").string()).experiment("mnist"));
  write_file_atomic(run->models() / "net.pt", "weights");
  run->finish();
  std::string name = "mnist/" + run->id();
  thexp::fs::copy_file(run->models() / "net.pt", dir / "sent by mail.pt");

  Outcome outcome = thexp_tool(dir, "find 'sent by mail.pt'");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, name + "  models/net.pt  created");
  CHECK_CONTAINS(outcome.output, "as it was");

  write_file_atomic(run->models() / "net.pt", "mended by hand");
  outcome = thexp_tool(dir, "find " + (run->models() / "net.pt").string());
  CHECK_CONTAINS(outcome.output, "changed since");
  auto json = thexp::Value::from_json(
      thexp_tool(dir, "find --json 'sent by mail.pt'").output);
  CHECK(json.as_list().at(0).at("run") == thexp::Value(name));
  CHECK(json.as_list().at(0).at("same_content") == true);

  write_file_atomic(dir / "other.pt", "else");
  outcome = thexp_tool(dir, "find other.pt");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.errors == "thexp: no run that is known made 'other.pt'\n");
  CHECK(thexp_tool(dir, "find --json other.pt").output == "[]\n");
  CHECK_CONTAINS(thexp_tool(dir, "find absent.pt").errors, "absent.pt");
}

TEST_CASE("T28 find knows the runs of other workspaces by the home folder") {
  TempDir dir;
  auto run = Run::create(
      RunOptions().workspace((dir / "elsewhere").string()).experiment("far"));
  write_file_atomic(run->models() / "net.pt", "far away");
  run->finish();
  write_file_atomic(dir / "copy.pt", "far away");
  CHECK_CONTAINS(thexp_tool(dir, "find copy.pt").output, "far/" + run->id());
}

}  // namespace
