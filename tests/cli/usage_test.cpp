#include "catch.h"
#include "tool.h"

namespace {

using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

TEST_CASE("the tool says its version and explains itself") {
  TempDir dir;
  Outcome outcome = thexp_tool(dir, "--version");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output == "thexp " THEXP_VERSION "\n");

  outcome = thexp_tool(dir, "--help");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "ls");
  CHECK_CONTAINS(outcome.output, "show");
  CHECK_CONTAINS(thexp_tool(dir, "show --help").output, "--workspace");
}

TEST_CASE("wrong usage ends with 2 and says what is wrong") {
  TempDir dir;
  auto errors_of = [&](const std::string& arguments) {
    Outcome outcome = thexp_tool(dir, arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.output == "");
    return outcome.errors;
  };
  CHECK_CONTAINS(errors_of(""), "subcommand is required");
  CHECK(errors_of("sohw") ==
        "thexp: no command 'sohw'; did you mean 'show'? (thexp --help lists "
        "the commands)\n");
  CHECK(errors_of("frobnicate") ==
        "thexp: no command 'frobnicate' (thexp --help lists the commands)\n");
  CHECK_CONTAINS(errors_of("show"), "run is required");
  CHECK(errors_of("ckpt dif") ==
        "thexp: no command 'dif'; did you mean 'diff'? (thexp ckpt --help "
        "lists the commands)\n");
  CHECK_CONTAINS(errors_of("ckpt"), "subcommand is required");
  CHECK_CONTAINS(errors_of("ckpt diff a.pt"), "b is required");
  CHECK_CONTAINS(errors_of("ls --jsn"), "--jsn");
  CHECK_CONTAINS(errors_of("ls --workspace"), "--workspace");
}

TEST_CASE("output that cannot be written is an error") {
  SampleRuns runs;
  TempDir dir;
  std::string command = "TZ=UTC " THEXP_TOOL " ls --workspace '" +
                        (runs.dir() / "runs").string() + "' >/dev/full 2>'" +
                        (dir / "err").string() + "'";
  int status = ::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK_CONTAINS(thexp::read_file(dir / "err"), "No space left on device");
}

}  // namespace
