// A program that prints by itself: where its lines are.
#include <regex>
#include <string>

#include "catch.h"
#include "process.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace {

using thexp_test::Finished;
using thexp_test::run_shell;
using thexp_test::TempDir;

const std::string kProgram =
    "OMP_NUM_THREADS=1 " PRINTING_PROGRAM
    " --workspace=runs --exp_name=x --threads=1 --epoch=3 --device=cpu ";

std::string console_log(const TempDir& dir) {
  Finished log = run_shell("cat runs/x/*/console.log", dir.path());
  REQUIRE(log.exit_code == 0);
  return log.output;
}

// The program's lines and the log's of its epochs, without dates.
std::string comparable(const std::string& log) {
  std::string text;
  for (const std::string& line : thexp::split(log, '\n')) {
    static const std::regex kWanted("step .*|loss in .*|.* (epoch .*)");
    std::smatch match;
    if (!std::regex_match(line, match, kWanted)) continue;
    text += (match[1].matched ? match[1].str() : line) + "\n";
  }
  return text;
}

TEST_CASE(
    "G17 the log of a killed run has the program's lines as if nothing "
    "had been") {
  const std::string command =
      kProgram + "--checkpoint.every_steps=4 --auto_resume";
  for (const char* output : {" | cat", " >out", " >/dev/null"}) {
    CAPTURE(output);
    TempDir peace, killed;
    REQUIRE(run_shell(command + output, peace.path()).exit_code == 0);
    run_shell("DIE_AT=9 " + command + output, killed.path());
    run_shell("DIE_AT=15 " + command + output, killed.path());
    REQUIRE(run_shell(command + output, killed.path()).exit_code == 0);
    std::string expected = comparable(console_log(peace));
    CHECK(comparable(console_log(killed)) == expected);
    CHECK_CONTAINS(expected,
                   "step 17 of the program itself\nloss in step 17\n");
    CHECK_CONTAINS(console_log(peace), "models\n");
  }
}

TEST_CASE("G17 what is printed before and after the run goes its own way") {
  TempDir dir;
  Finished run = run_shell(kProgram + "--no-log.console | cat", dir.path());
  std::string output = "before\nconstructor\nmodels\n";
  for (int step = 0; step < 18; ++step) {
    std::string number = std::to_string(step);
    output += "step " + number + " of the program itself\nloss in step " +
              number + "\n";
  }
  CHECK(run.output == output + "after\n");
  std::string log = console_log(dir);
  CHECK(log.find("before") == std::string::npos);
  CHECK(log.find("after") == std::string::npos);
}

TEST_CASE("G17 with --no-log.capture the program's lines are in no log") {
  TempDir dir;
  Finished run = run_shell(kProgram + "--no-log.capture | cat", dir.path());
  CHECK_CONTAINS(run.output, "step 17 of the program itself\n");
  CHECK(console_log(dir).find("program itself") == std::string::npos);
}

TEST_CASE("G17 --help and --print-params are not captured") {
  TempDir dir;
  CHECK_CONTAINS(run_shell(kProgram + "--help", dir.path()).output,
                 "log.capture");
  CHECK_CONTAINS(run_shell(kProgram + "--print-params", dir.path()).output,
                 "capture: true");
}

TEST_CASE("G17 an error is said after all that the program printed") {
  TempDir dir;
  Finished run = run_shell("FAIL_AT=3 " + kProgram + "2>&1", dir.path());
  CHECK(run.exit_code == 1);
  std::size_t printed = run.output.find("step 3 of the program itself");
  std::size_t said = run.output.find(": it fails");
  CHECK(printed != std::string::npos);
  CHECK(said != std::string::npos);
  CHECK(printed < said);
}

}  // namespace
