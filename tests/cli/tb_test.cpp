#include "catch.h"
#include "process.h"
#include "thexp/base/text.h"
#include "tool.h"

namespace {

using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

struct TbRuns : SampleRuns {
  thexp::fs::path bin = dir() / "bin";

  /// The tool with a PATH of this folder alone, and a TMPDIR of its own.
  thexp_test::Finished tool(const std::string& arguments) {
    thexp::make_directories(bin);
    return thexp_test::run_shell(
        "PATH=\"$PWD/bin\" TMPDIR=\"$PWD\" " THEXP_TOOL " " + arguments,
        dir().path());
  }
};

TEST_CASE("G8 tb names runs by experiment and id, and prints the command") {
  TbRuns runs;
  thexp_test::Finished printed =
      runs.tool("tb 20231121 20231119 --port 6007 --print");
  CHECK(printed.exit_code == 0);
  std::vector<std::string> words = thexp::split(printed.output, ' ');
  REQUIRE(words.size() == 5);
  CHECK(words[0] + " " + words[1] == "tensorboard --logdir");
  CHECK(words[3] + " " + words[4] == "--port 6007\n");
  thexp::fs::path folder = words[2];
  CHECK(thexp::fs::exists(folder / "mnist_lr=0.1" / "20231121-100000-k3f9" /
                          "run.json"));
  CHECK(
      thexp::fs::exists(folder / "gan" / "20231119-100000-zzz1" / "run.json"));
  CHECK(runs.tool("tb 20231121 20231119 --port 6007 --print").output ==
        printed.output);
  CHECK_CONTAINS(runs.tool("tb gan").output,
                 "TensorBoard is not installed (pip install tensorboard)");
}

TEST_CASE("S4 tb starts the TensorBoard that is there") {
  TbRuns runs;
  thexp::write_file_atomic(runs.bin / "tensorboard",
                           "#!/bin/sh\necho started \"$@\"\nexit 7\n");
  thexp::fs::permissions(runs.bin / "tensorboard", thexp::fs::perms(0755));
  thexp_test::Finished finished = runs.tool("tb gan");
  CHECK(finished.exit_code == 7);
  CHECK_CONTAINS(finished.output,
                 "started --logdir " + runs.dir().path().string());
}

TEST_CASE("G8 tb of an unknown run or port is an error") {
  SampleRuns runs;
  CHECK(thexp_tool(runs.dir(), "tb gam").exit_code == 1);
  CHECK(thexp_tool(runs.dir(), "tb gan --port 70000").exit_code == 2);
}

}  // namespace
