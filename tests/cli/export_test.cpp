#include "catch.h"
#include "tool.h"

namespace {

using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

const std::string kId = "20231121-100000-k3f9";

TEST_CASE("export packs a run, import unpacks it elsewhere") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "export 20231121 run.tar.zst");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(outcome.output,
                 "mnist_lr=0.1/" + kId + " is in run.tar.zst (1 file, 604 B; ");
  outcome = thexp_tool(runs.dir(), "import run.tar.zst");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors, "is there already");
  outcome = thexp_tool(runs.dir(), "import run.tar.zst --workspace other");
  CHECK(outcome.errors == "");
  CHECK(outcome.output ==
        "mnist_lr=0.1/" + kId + " is there: other/mnist_lr=0.1/" + kId + "\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "ls --workspace other").output, kId);
  CHECK_CONTAINS(thexp_tool(runs.dir(), "export 20231121 run.zip").errors,
                 "must end in .tar.zst, .tar.gz or .tar");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "import gone.tar").errors, "gone.tar");
}

}  // namespace
